"""The server: who comes in, what pages ask and are sent, and the stages that it keeps."""
