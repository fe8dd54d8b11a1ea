"""Acting on a prediction of the whole interaction, one's own actions included."""
