#!/usr/bin/python3
# Writes the small invented DICOM objects that make.sh sends: objects.py FOLDER
import os, sys
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.sequence import Sequence

out = sys.argv[1]
os.makedirs(out, exist_ok=True)
CT, MR, SR = '1.2.840.10008.5.1.4.1.1.2', '1.2.840.10008.5.1.4.1.1.4', '1.2.840.10008.5.1.4.1.1.88.11'
PLAN, RECORD = '1.2.840.10008.5.1.4.1.1.481.5', '1.2.840.10008.5.1.4.1.1.481.4'
EXPLICIT = '1.2.840.10008.1.2.1'


def base(name, sop, number, modality, maker, model, serial, software):
    m = FileMetaDataset()
    m.MediaStorageSOPClassUID, m.TransferSyntaxUID = sop, EXPLICIT
    m.MediaStorageSOPInstanceUID = '1.2.826.0.1.3680043.10.999.1.%d' % number
    d = FileDataset('', {}, file_meta=m, preamble=b'\0' * 128)
    d.is_little_endian, d.is_implicit_VR = True, False
    d.SOPClassUID, d.SOPInstanceUID = sop, m.MediaStorageSOPInstanceUID
    d.PatientID, d.PatientName, d.PatientBirthDate, d.PatientSex = 'MRN0000%d' % (number % 3), 'CANARY^JANE', '19560412', 'F'
    d.IssuerOfPatientID = 'STEXAMPLE'
    d.StudyInstanceUID = '1.2.826.0.1.3680043.10.999.2.%d' % (number % 3)
    d.SeriesInstanceUID = '1.2.826.0.1.3680043.10.999.3.%d' % number
    d.StudyDate, d.StudyTime, d.AccessionNumber, d.StudyID = '20260901', '101500', 'ACC%d' % (number % 3), '1'
    d.Modality, d.Manufacturer, d.ManufacturerModelName = modality, maker, model
    d.DeviceSerialNumber, d.SoftwareVersions, d.StationName = serial, software, modality + 'ROOM1'
    d.InstitutionName, d.InstitutionalDepartmentName = 'St Example Hospital', 'Radiology'
    d.ReferringPhysicianName, d.OperatorsName = 'REFERRER^DOC', 'OPERATOR^ANNA'
    d.SeriesNumber, d.InstanceNumber = 1, number
    d.name = name
    return d


def image(d, size):
    d.SamplesPerPixel, d.PhotometricInterpretation = 1, 'MONOCHROME2'
    d.Rows = d.Columns = size
    d.BitsAllocated, d.BitsStored, d.HighBit, d.PixelRepresentation = 16, 12, 11, 0
    d.PixelData = b''.join(((x * y) % 4096).to_bytes(2, 'little') for y in range(size) for x in range(size))
    return d


def save(d):
    name = d.name
    del d.name
    d.save_as(os.path.join(out, name + '.dcm'), write_like_original=False)


def item(**values):
    i = Dataset()
    for k, v in values.items():
        setattr(i, k, v)
    return i


save(image(base('ct', CT, 1, 'CT', 'SIEMENS', 'SOMATOM Force', '75123', ['VA48A', 'syngo CT']), 64))
save(image(base('ct2', CT, 4, 'CT', 'SIEMENS', 'SOMATOM Force', '75123', ['VA48A', 'syngo CT']), 64))
save(image(base('mr', MR, 2, 'MR', 'Philips Medical Systems', 'Ingenia', '41234', '5.6.1'), 32))

d = base('sr', SR, 3, 'SR', 'GE MEDICAL SYSTEMS', 'Centricity', 'W1', '7.0')
d.ValueType, d.CompletionFlag, d.VerificationFlag = 'CONTAINER', 'COMPLETE', 'UNVERIFIED'
d.ContentSequence = Sequence([item(RelationshipType='CONTAINS', ValueType='TEXT', TextValue='CANARY^JANE has a finding ' * 8)])
save(d)

d = base('plan', PLAN, 5, 'RTPLAN', 'Varian Medical Systems', 'ARIA RadOnc', 'V77', '16.1')
d.RTPlanLabel, d.RTPlanGeometry, d.ApprovalStatus = 'PROSTATE', 'PATIENT', 'APPROVED'
d.DoseReferenceSequence = Sequence([item(DoseReferenceNumber=1, DoseReferenceStructureType='SITE', DoseReferenceType='TARGET',
                                         DeliveryMaximumDose='79.2', TargetPrescriptionDose='78', TargetMaximumDose='80')])
d.FractionGroupSequence = Sequence([item(
    FractionGroupNumber=1, NumberOfFractionsPlanned=39, NumberOfBeams=2, NumberOfBrachyApplicationSetups=0,
    ReferencedBeamSequence=Sequence([item(BeamDose='1.05', BeamMeterset='121.5', ReferencedBeamNumber=1),
                                     item(BeamDose='0.95', BeamMeterset='110.25', ReferencedBeamNumber=2)]))])


def beam(n):
    return item(TreatmentMachineName='LINAC4', PrimaryDosimeterUnit='MU', SourceAxisDistance='1000', BeamNumber=n, BeamName='Arc%d' % n,
                BeamType='DYNAMIC', RadiationType='PHOTON', TreatmentDeliveryType='TREATMENT', FinalCumulativeMetersetWeight='1',
                NumberOfControlPoints=2, ControlPointSequence=Sequence([
                    item(ControlPointIndex=0, NominalBeamEnergy='6', DoseRateSet='600', CumulativeMetersetWeight='0'),
                    item(ControlPointIndex=1, DoseRateSet='600', CumulativeMetersetWeight='1')]))


d.BeamSequence = Sequence([beam(1), beam(2)])
save(d)

d = base('record', RECORD, 6, 'RTRECORD', 'Varian Medical Systems', 'TrueBeam', 'H19', '2.7')
d.TreatmentMachineSequence = Sequence([item(TreatmentMachineName='LINAC4', Manufacturer='Varian Medical Systems', ManufacturerModelName='TrueBeam', DeviceSerialNumber='H19')])
d.PrimaryDosimeterUnit = 'MU'
d.TreatmentSessionBeamSequence = Sequence([item(
    CurrentFractionNumber=3, TreatmentTerminationStatus='NORMAL', SpecifiedPrimaryMeterset='121.5', DeliveredPrimaryMeterset='121.4',
    ReferencedBeamNumber=1)])
save(d)

# A worklist entry.
d = base('worklist', CT, 7, 'CT', 'NONE', 'NONE', '0', '0')
d.ScheduledProcedureStepSequence = Sequence([item(
    Modality='CT', ScheduledStationAETitle='CT1', ScheduledProcedureStepStartDate='20260901', ScheduledProcedureStepStartTime='1100',
    ScheduledPerformingPhysicianName='OPERATOR^ANNA', ScheduledProcedureStepID='S1', ScheduledProcedureStepDescription='Thorax')])
d.RequestedProcedureID, d.RequestedProcedureDescription = 'R1', 'Thorax'
save(d)
