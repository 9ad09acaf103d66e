"""How long studies are kept, as administrators decide it; a study that a consult refers to is kept.

Owns no table: the rows are the node's (`dicom_node.retention`). Publishes nothing.
"""
