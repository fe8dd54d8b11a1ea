"""How an agent's weights change: gradients, with or without a sight of the other learner."""
