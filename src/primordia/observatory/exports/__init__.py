"""Taking a run away: pictures, drawings, films, recordings, and a page that plays without a server."""
