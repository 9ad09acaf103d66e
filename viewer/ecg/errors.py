"""Why a file cannot be shown as an electrocardiogram. Nothing is drawn by guess.

EcgRefused (Invalid)
├── NotDicom, NotAnEcg, Damaged     it is no readable DICOM object, or no ECG waveform
├── DataCutShort                    the samples end before the header says
├── SampleKindUnknown               bits and interpretation that the standard doesn't give to ECG
├── NotCalibrated                   a channel doesn't say how many volts its numbers are
└── NoLeads                         no channel holds a voltage
EcgTooLarge (TooLarge)              over the caps of the reader
"""

from config.kernel.errors import Invalid, TooLarge


class EcgRefused(Invalid):
    """The object cannot be shown as an electrocardiogram."""

    code = "ecg.refused"


class NotDicom(EcgRefused):
    """The file is not a DICOM file."""

    code = "ecg.not_dicom"


class NotAnEcg(EcgRefused):
    """The DICOM object is not an ECG waveform."""

    code = "ecg.not_an_ecg"


class Damaged(EcgRefused):
    """The DICOM object is damaged or breaks the rules of waveforms, so its trace cannot be trusted."""

    code = "ecg.damaged"


class DataCutShort(EcgRefused):
    """The waveform data end before the stated number of samples."""

    code = "ecg.data_cut_short"


class SampleKindUnknown(EcgRefused):
    """The samples are stored in a form that ECG objects do not use."""

    code = "ecg.sample_kind_unknown"


class NotCalibrated(EcgRefused):
    """A channel does not say how many volts its numbers are, so it has no true scale."""

    code = "ecg.not_calibrated"


class NoLeads(EcgRefused):
    """No channel of this object holds a voltage."""

    code = "ecg.no_leads"


class EcgTooLarge(TooLarge):
    """The recording is over the size that can be opened here."""

    code = "ecg.too_large"
