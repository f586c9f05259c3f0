"""`newsieve report`: one run, as a table in the terminal or as one HTML page.

facts      counts from the manifest and the tables of the run
page       the HTML page, by jinja2, with SVG charts by pygal, and samples; data is escaped
tables     the same facts for the terminal, by rich
"""
