"""The best predictors that are known for the tasks, and the simple learners that models are held against."""
