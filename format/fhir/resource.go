package fhir

// Caps of what is collected of one resource.
const (
	MaxIdentifiers = 8
	MaxDoses       = 16
	MaxVersions    = 4
	MaxAgents      = 4
	MaxEntities    = 8
	maxNested      = 4 // resources within resources
	maxPath        = 8 // names of a path below its resource
)

// Text is a value of a resource, cut to MaxValue bytes.
type Text []byte

// Identifier is a business identifier with its namespace.
type Identifier struct {
	System, Value, Type Text
}

// Ref is a reference to another resource: literal, or logical by identifier.
type Ref struct {
	Reference     Text // "Patient/123", an absolute URL, "urn:uuid:…", "#contained"
	System, Value Text
}

// Coding is the first coding of a concept.
type Coding struct {
	System, Code, Display, Text Text
}

// Amount is a quantity as stated; Per is a ratio's denominator.
type Amount struct {
	Value, Unit, Code        Text
	PerValue, PerUnit, PerID Text
}

// Dose is one quantity of a medication.
type Dose struct {
	Quantity string // "dose", "dose-low", "dose-high", "rate", "rate-low", "rate-high", "max-dose-per-period"
	Amount
}

// Agent is who took part in an audited event.
type Agent struct {
	Who       Ref
	Alt       Text // altId, a login name
	Requestor bool
}

// Resource is what is collected of a resource when it ends. Its slices are only
// valid during the call that hands it over.
type Resource struct {
	Type  string // a name of the standard; "" if unknown
	Depth int    // 0 for the document itself, 1 for a Bundle's entry …
	ID    Text

	Status, BundleType, Total Text
	Entries                   int // of a Bundle
	Identifiers               []Identifier
	Personal                  bool // names a person: name, birth date, address, telecom

	Subject, Encounter, Device, Parent, Request Ref
	Code                                        Coding // code, type or medication
	SubType                                     Coding
	When                                        Text // authoredOn, effective, recorded

	Maker, Model, Serial, UDI, DeviceName Text
	Versions                              []Text
	Software, SoftwareVersion             Text // of a server, in its CapabilityStatement

	Doses []Dose

	Action, Outcome Text
	Agents          []Agent
	Entities        []Ref

	// Of the Bundle's entry that holds it, as far as they come before it.
	EntryMethod, EntryURL, FullURL Text
}

// reset empties r and keeps its memory.
func (r *Resource) reset() {
	*r = Resource{
		Identifiers: r.Identifiers[:0], Versions: r.Versions[:0], Doses: r.Doses[:0],
		Agents: r.Agents[:0], Entities: r.Entities[:0],
	}
}

// Known returns the resource type that name is, or "".
func Known(name []byte) string { return resourceTypes[string(name)] }

var resourceTypes = func() map[string]string {
	m := map[string]string{}
	for _, n := range [...]string{
		"Account", "ActivityDefinition", "AdverseEvent", "AllergyIntolerance", "Appointment", "AppointmentResponse", "AuditEvent", "Basic", "Binary",
		"BodySite", "BodyStructure", "Bundle", "CapabilityStatement", "CarePlan", "CareTeam", "ChargeItem", "Claim", "ClaimResponse", "ClinicalImpression",
		"CodeSystem", "Communication", "CommunicationRequest", "Composition", "ConceptMap", "Condition", "Conformance", "Consent", "Contract", "Coverage",
		"CoverageEligibilityRequest", "CoverageEligibilityResponse", "DetectedIssue", "Device", "DeviceAlert", "DeviceAssociation", "DeviceDefinition", "DeviceDispense", "DeviceMetric",
		"DeviceRequest", "DeviceUsage", "DeviceUseStatement", "DiagnosticOrder", "DiagnosticReport", "DocumentManifest", "DocumentReference", "Encounter", "Endpoint",
		"EpisodeOfCare", "ExplanationOfBenefit", "FamilyMemberHistory", "Flag", "Goal", "Group", "GuidanceResponse", "HealthcareService", "ImagingSelection", "ImagingStudy",
		"Immunization", "ImmunizationRecommendation", "ImplementationGuide", "InsurancePlan", "InventoryItem", "Invoice", "Library", "Linkage", "List", "Location", "Measure", "MeasureReport",
		"Media", "Medication", "MedicationAdministration", "MedicationDispense", "MedicationKnowledge", "MedicationOrder", "MedicationRequest", "MedicationStatement", "MedicationUsage",
		"MessageHeader", "MolecularSequence", "NamingSystem", "NutritionOrder", "Observation", "OperationDefinition", "OperationOutcome", "Organization",
		"OrganizationAffiliation", "Parameters", "Patient", "PaymentNotice", "Person", "PlanDefinition", "Practitioner", "PractitionerRole", "Procedure", "ProcedureRequest",
		"Provenance", "Questionnaire", "QuestionnaireResponse", "ReferralRequest", "RelatedPerson", "RequestGroup", "ResearchStudy", "ResearchSubject", "RiskAssessment",
		"Schedule", "SearchParameter", "ServiceRequest", "Slot", "Specimen", "StructureDefinition", "Subscription", "SubscriptionStatus", "SubscriptionTopic", "Substance",
		"SupplyDelivery", "SupplyRequest", "Task", "TestReport", "TestScript", "Transport", "ValueSet", "VerificationResult", "VisionPrescription",
	} {
		m[n] = n
	}
	return m
}()
