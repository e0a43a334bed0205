"""What simulations and evaluations found, as a page and as figures.

A figure is a plain value, what Plotly's JSON is; only `page` and `images` need Plotly itself. All arithmetic is done by
what is shown: `Results`, `Evaluated` and `Contributions` say the numbers, and nothing here changes one.
"""
