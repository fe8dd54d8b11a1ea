"""The files of the authors' simulator (cubff), read and written."""
