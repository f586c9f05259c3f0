"""`newsieve report`: one run, as a table in the terminal or as one HTML page.

facts      what is counted: from the manifest and the tables of the run
samples    articles with their cuts, copies beside what they are copies of, rejects
page       the page, by jinja2, with SVG charts by pygal; everything that comes from data is escaped
tables     the same facts for the terminal, by rich
"""
