"""A live page for any run: what is run, drawn and asked in processes of its own, and shown in a browser."""
