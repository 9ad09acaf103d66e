"""Images and ECG out: DICOMweb, manifests, frames, the ECG model. Blind to `signaling`.

Owns no table yet; reads the archive of `dicom_node` and writes a rebuildable cache.
"""
