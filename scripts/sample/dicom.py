"""Writes small DICOM objects of every imaging family: dicom.py FOLDER"""
import os
import sys

import numpy as np
import pydicom
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian, generate_uid

from people import FAMILY, PATIENTS, STAFF

STORE = "1.2.840.10008.5.1.4.1.1."
rng = np.random.default_rng(7)
# folder, SOP class, modality, maker, model, software, station, serial, images, size
DEVICES = [
    ("ct", "2", "CT", "SIEMENS", "SOMATOM Definition AS+", "syngo CT VB42A", "CTAWP1", "66311", 14, 128),
    ("mr", "4", "MR", "Philips Medical Systems", "Ingenia", "5.7.1", "PHILIPS-MR", "45012", 10, 128),
    ("us", "6.1", "US", "GE Vingmed Ultrasound", "Vivid E95", "204", "VIVIDE95-004711", "E95-4711", 3, 128),
    ("dx", "1.1", "DX", "Carestream Health", "DRX-Evolution", "5.7", "DRXEVO1", "DRX5531", 2, 192),
    ("mg", "1.2", "MG", "HOLOGIC, Inc.", "Selenia Dimensions", "AWS 1.8.3", "SELDIM1", "81000117", 3, 160),
    ("pet", "128", "PT", "SIEMENS", "Biograph mCT", "VG70A", "PETCT1", "11021", 8, 96),
    ("endo", "77.1.1", "ES", "OLYMPUS", "EVIS EXERA III", "CV-190 4.10", "ENDO3", "7814411", 2, 128),
    ("oct", "77.1.5.4", "OPT", "Carl Zeiss Meditec", "CIRRUS HD-OCT 5000", "11.5", "CIRRUS1", "5000-1187", 1, 128),
    ("ecg", "9.1.1", "ECG", "GE Healthcare", "MAC 5500 HD", "10B", "MAC55-2", "SKG0811", 1, 0),
    ("rt", "481.5", "RTPLAN", "Varian Medical Systems", "Eclipse", "16.1.0", "ECL1", "0", 1, 0),
]


def item(**values):
    d = Dataset()
    for k, v in values.items():
        setattr(d, k, v)
    return d


def base(sop, modality, maker, model, software, station, serial, patient, study, series, number):
    m = FileMetaDataset()
    m.MediaStorageSOPClassUID, m.MediaStorageSOPInstanceUID, m.TransferSyntaxUID = STORE + sop, generate_uid(), ExplicitVRLittleEndian
    d = FileDataset("", {}, file_meta=m, preamble=b"\0" * 128)
    d.is_little_endian, d.is_implicit_VR = True, False
    given, mrn, birth, sex = patient
    d.SOPClassUID, d.SOPInstanceUID = m.MediaStorageSOPClassUID, m.MediaStorageSOPInstanceUID
    d.PatientName, d.PatientID, d.PatientBirthDate, d.PatientSex = f"{FAMILY}^{given}", mrn, birth, sex
    d.PatientAddress, d.ReferringPhysicianName, d.OperatorsName = "Kieselweg 47b", f"{STAFF}^Ottokar", f"{STAFF}^Wendelin"
    d.StudyInstanceUID, d.SeriesInstanceUID, d.StudyDate, d.StudyTime = study, series, "20260901", "101500"
    d.AccessionNumber, d.Modality, d.StudyID, d.SeriesNumber, d.InstanceNumber = "ACC" + mrn[-4:], modality, "1", 1, number
    d.Manufacturer, d.ManufacturerModelName, d.SoftwareVersions, d.StationName, d.DeviceSerialNumber = maker, model, software, station, serial
    d.InstitutionName, d.StudyDescription, d.SeriesDescription = "Sample Hospital", f"{modality} of {FAMILY}", "routine"
    return d


def picture(d, size):
    y, x = np.ogrid[:size, :size]
    a = np.where(np.hypot(x - size / 2, y - size / 2) < size * .42, 1000, 0) + rng.integers(0, 40, (size, size))
    d.SamplesPerPixel, d.PhotometricInterpretation, d.Rows, d.Columns = 1, "MONOCHROME2", size, size
    d.BitsAllocated, d.BitsStored, d.HighBit, d.PixelRepresentation = 16, 12, 11, 0
    d.PixelData = a.astype("<u2").tobytes()


def plan(d):
    d.RTPlanLabel, d.RTPlanGeometry, d.RTPlanDate, d.RTPlanTime = "PROSTATE", "PATIENT", "20260901", "1015"
    d.DoseReferenceSequence = [item(DoseReferenceNumber=1, DoseReferenceStructureType="SITE", DoseReferenceType="TARGET", TargetPrescriptionDose="60")]
    d.FractionGroupSequence = [item(FractionGroupNumber=1, NumberOfFractionsPlanned=30, NumberOfBeams=2, NumberOfBrachyApplicationSetups=0, ReferencedBeamSequence=[
        item(ReferencedBeamNumber=n, BeamDose="1.0", BeamMeterset="112.5") for n in (1, 2)])]
    d.BeamSequence = [item(BeamNumber=n, BeamName=f"ARC{n}", TreatmentMachineName="TRUEBEAM1", Manufacturer="Varian Medical Systems", ManufacturerModelName="TrueBeam",
                           BeamType="STATIC", RadiationType="PHOTON", TreatmentDeliveryType="TREATMENT", FinalCumulativeMetersetWeight="1",
                           NumberOfControlPoints=2, ControlPointSequence=[
                               item(ControlPointIndex=0, NominalBeamEnergy="6", GantryAngle=str(90 * n), CumulativeMetersetWeight="0"),
                               item(ControlPointIndex=1, CumulativeMetersetWeight="1")]) for n in (1, 2)]


def waveform(d):
    d.AcquisitionDateTime = "20260901101500"
    d.WaveformSequence = [item(MultiplexGroupTimeOffset="0", WaveformOriginality="ORIGINAL", NumberOfWaveformChannels=12, NumberOfWaveformSamples=500, SamplingFrequency="500",
                               WaveformBitsAllocated=16, WaveformSampleInterpretation="SS", WaveformData=rng.integers(-200, 200, (500, 12)).astype("<i2").tobytes())]


def main(out):
    for n, (name, sop, *device, count, size) in enumerate(DEVICES):
        os.makedirs(f"{out}/{name}", exist_ok=True)
        study, series = generate_uid(), generate_uid()
        for i in range(count):
            d = base(sop, *device, PATIENTS[n % len(PATIENTS)], study, series, i + 1)
            picture(d, size) if size else plan(d) if name == "rt" else waveform(d)
            d.save_as(f"{out}/{name}/{i:02d}.dcm", write_like_original=False)
    os.makedirs(f"{out}/wl/RIS", exist_ok=True)  # modality worklist
    for i, (given, mrn, birth, sex) in enumerate(PATIENTS[:3]):
        m = FileMetaDataset()
        m.MediaStorageSOPClassUID, m.MediaStorageSOPInstanceUID, m.TransferSyntaxUID = "1.2.276.0.7230010.3.1.0.1", generate_uid(), ExplicitVRLittleEndian
        d = FileDataset("", {}, file_meta=m, preamble=b"\0" * 128)
        d.is_little_endian, d.is_implicit_VR = True, False
        d.PatientName, d.PatientID, d.PatientBirthDate, d.PatientSex = f"{FAMILY}^{given}", mrn, birth, sex
        d.AccessionNumber, d.RequestingPhysician, d.StudyInstanceUID, d.RequestedProcedureDescription = "ACC" + mrn[-4:], f"{STAFF}^Ottokar", generate_uid(), "CT chest"
        d.RequestedProcedureID = f"RP{i}"
        d.ScheduledProcedureStepSequence = [item(Modality="CT", ScheduledStationAETitle="CT1", ScheduledProcedureStepStartDate="20260901", ScheduledProcedureStepStartTime="1015",
                                                 ScheduledPerformingPhysicianName=f"{STAFF}^Ottokar", ScheduledProcedureStepDescription="chest", ScheduledProcedureStepID=f"SPS{i}")]
        d.save_as(f"{out}/wl/RIS/{i}.wl", write_like_original=False)
    open(f"{out}/wl/RIS/lockfile", "w").close()


main(sys.argv[1])
