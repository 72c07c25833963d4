"""The invented people of the sample. No real person is meant; tests search for these strings."""

FAMILY, STAFF = "Vorlagenberg", "Prangelhofer"
PATIENTS = [  # given name, number, birth date, sex
    ("Aurelinda", "7734019001", "19310317", "F"), ("Thaddeo", "7734019002", "19440729", "M"), ("Melisandra", "7734019003", "19581103", "F"),
    ("Quirinus", "7734019004", "19670526", "M"), ("Ottilina", "7734019005", "19720914", "F"), ("Balthasarius", "7734019006", "19891221", "M"),
]
PRIVATE = [FAMILY[:8], STAFF[:9]] + [v for given, number, birth, _ in PATIENTS for v in
                             (given, number, birth, f"{birth[:4]}-{birth[4:6]}-{birth[6:]}")] + ["Kieselweg 47b", "geheim-2026", "PQR77340", "SN7734990"]

if __name__ == "__main__":  # as a FHIR search result
    import json
    print(json.dumps({"resourceType": "Bundle", "type": "searchset", "total": len(PATIENTS), "entry": [{"resource": {
        "resourceType": "Patient", "id": f"v{i}", "identifier": [{"system": "urn:oid:1.2", "value": number}], "name": [{"family": FAMILY, "given": [given]}],
        "birthDate": f"{birth[:4]}-{birth[4:6]}-{birth[6:]}", "generalPractitioner": [{"display": f"Dr. Ottokar {STAFF}"}]}} for i, (given, number, birth, _) in enumerate(PATIENTS, 1)]}))
