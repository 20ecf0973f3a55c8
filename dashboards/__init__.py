"""What the Strategic Partnership Group sees: a Streamlit application over one published file.

Belongs here: reading the publication, wording its figures, drawing them. Does not belong here: any import
of the pipeline, any calculation on rows about people (there are none in the file) and any other data
source.
"""
