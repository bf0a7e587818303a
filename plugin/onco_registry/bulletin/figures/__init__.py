"""The bulletin's figures: accessible SVG drawn by hand from the canonical document, one module per figure."""
