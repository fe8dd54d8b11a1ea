"""What can be known without playing: values, best responses and equilibria in closed form."""
