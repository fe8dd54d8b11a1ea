"""What a sweep says: tables, figures, intervals, survival curves, tests between cells, one page."""
