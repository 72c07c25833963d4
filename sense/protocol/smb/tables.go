package smb

import (
	"sort"
	"strings"
)

// NT status codes that are told by name, [MS-ERREF] 2.3.
const (
	statusPending        = 0x00000103
	statusBufferOverflow = 0x80000005
	statusMore           = 0xc0000016
	statusNotImplemented = 0xc0000002
	statusResources      = 0xc0000205
)

var statusNames = map[uint32]string{
	0x80000006: "no more files", 0xc0000002: "not implemented", 0xc0000008: "invalid handle", 0xc000000d: "invalid parameter",
	0xc000000f: "no such file", 0xc0000022: "access denied", 0xc0000034: "not found", 0xc0000035: "name collision",
	0xc000003a: "path not found", 0xc0000043: "sharing violation", 0xc0000056: "delete pending", 0xc0000064: "no such user",
	0xc000006a: "wrong password", 0xc000006d: "logon failure", 0xc000006e: "account restriction", 0xc000006f: "invalid logon hours",
	0xc0000070: "invalid workstation", 0xc0000071: "password expired", 0xc0000072: "account disabled", 0xc000007f: "disk full",
	0xc00000ac: "pipe not available", 0xc00000ba: "is a directory", 0xc00000bb: "not supported", 0xc00000cc: "bad share name",
	0xc0000101: "directory not empty", 0xc0000103: "not a directory", 0xc000014b: "pipe broken", 0xc000015b: "logon type not granted",
	0xc0000193: "account expired", 0xc0000203: "user session deleted", 0xc0000205: "insufficient server resources", 0xc0000224: "password must change",
	0xc0000234: "account locked out", 0xc0000257: "path not covered", 0xc000035c: "network session expired",
}

// outcomeOf sums a status up.
func outcomeOf(status uint32) string {
	switch {
	case status == 0xc0000022, status == 0xc00000ba:
		return "refused"
	case status>>30 == 0, status == statusBufferOverflow:
		return "ok"
	}
	return "failed"
}

// statusNote names a status that is not success.
func statusNote(status uint32) string {
	if status>>30 == 0 {
		return ""
	}
	if n := statusNames[status]; n != "" {
		return n
	}
	return hex32(status)
}

var dialects = map[uint16]string{0x0202: "smb 2.0.2", 0x0210: "smb 2.1", 0x0300: "smb 3.0", 0x0302: "smb 3.0.2", 0x0311: "smb 3.1.1"}

var ciphers = map[uint16]string{1: "aes-128-ccm", 2: "aes-128-gcm", 3: "aes-256-ccm", 4: "aes-256-gcm"}

// dispositions say what a request to open wants, [MS-SMB2] 2.2.13.
var dispositions = [...]string{"overwrite", "open", "create", "open", "overwrite", "overwrite"}

// createVerb says what the server did, [MS-SMB2] 2.2.14.
func createVerb(action uint32) string {
	switch action {
	case 2:
		return "create"
	case 0, 3:
		return "overwrite"
	}
	return "open"
}

func shareType(t byte) string {
	switch t {
	case 1:
		return "disk"
	case 2:
		return "pipe"
	case 3:
		return "printer"
	}
	return ""
}

// setClasses are the file information classes worth telling, [MS-FSCC] 2.4.
var setClasses = map[byte]string{4: "basic", 11: "link", 15: "extended attributes", 19: "allocation", 20: "end of file", 39: "short name", 40: "short name"}

var shares = map[string]string{"IPC$": "IPC$", "ADMIN$": "ADMIN$", "PRINT$": "PRINT$", "FAX$": "FAX$", "SYSVOL": "SYSVOL", "NETLOGON": "NETLOGON"}

// pipes are well-known named pipes and those of remote control tools.
var pipes = known("svcctl samr lsarpc lsass netlogon srvsvc wkssvc winreg atsvc epmapper drsuapi spoolss browser eventlog efsrpc ntsvcs netdfs " +
	"protected_storage dnsserver trkwks keysvc initshutdown router tapsrv w32time_alt msftewds plugplay scerpc dssetup fssagentrpc mgmtapi termsrv " +
	"psexesvc paexec remcom_communicaton csexecsvc")

func known(list string) map[string]string {
	m := map[string]string{}
	for _, w := range strings.Fields(list) {
		m[w] = w
	}
	return m
}

// maxExt is the longest extension in the table.
const maxExt = 12

const kindDICOM = "dicom"

// extension is a known file name extension.
type extension struct{ name, kind string }

var extensionLists = []struct{ kind, list string }{
	{"document", "doc docx docm dot dotx xls xlsx xlsm xlsb ppt pptx pptm pdf rtf odt ods odp txt csv tsv xml json html htm md log one vsd vsdx xps"},
	{"image", "jpg jpeg png gif bmp tif tiff svg webp heic psd svs ndpi"},
	{kindDICOM, "dcm dicom dic ima dcm30"},
	{"clinical", "hl7 er7 fhir cda ccd ecg edf scp astm"},
	{"archive", "zip 7z rar gz tgz tar bz2 xz zst cab iso vhd vhdx vmdk ova wim"},
	{"executable", "exe dll sys scr com msi msp ocx cpl drv efi so jar apk deb rpm"},
	{"script", "bat cmd ps1 psm1 vbs vbe js jse wsf wsh hta py sh pl lnk url"},
	{"database", "mdb accdb sqlite sqlite3 db mdf ldf ndf bak dbf dit fdb gdb edb sql dmp"},
	{"mail", "pst ost eml msg mbox"},
	{"key", "pem pfx p12 key kdbx crt cer der jks ppk"},
	{"media", "wav mp3 mp4 avi mov mkv wmv mpg flac"},
	{"configuration", "ini cfg conf inf reg yaml yml toml pol adm admx"},
	{"binary", "bin dat fw img raw"},
	{"temporary", "tmp temp swp lock part crdownload"},
	{"printer", "prn ps pcl spl shd"},
	{"ransomware", "wncry wncryt wcry locked encrypted crypt crypted enc lockbit akira ryk ryuk conti clop basta cerber locky zepto odin phobos makop dharma eking hive royal blacksuit play medusa rhysida cactus qilin inc"},
}

var extensions = makeExtensions()

func makeExtensions() map[string]extension {
	m := map[string]extension{}
	for _, l := range extensionLists {
		for _, name := range strings.Fields(l.list) {
			m[name] = extension{name, l.kind}
		}
	}
	return m
}

func kindOf(ext string) string { return extensions[ext].kind }

// build is a Windows build and what it is called.
type build struct {
	number uint32
	name   string
}

// builds is sorted. Where client and server share a build, both are named.
var builds = []build{
	{2195, "Windows 2000"}, {2600, "Windows XP"}, {3790, "Windows Server 2003"}, {6000, "Windows Vista"},
	{6001, "Windows Vista SP1 / Server 2008"}, {6002, "Windows Vista SP2 / Server 2008 SP2"}, {6003, "Windows Server 2008 SP2"},
	{7600, "Windows 7 / Server 2008 R2"}, {7601, "Windows 7 SP1 / Server 2008 R2 SP1"}, {9200, "Windows 8 / Server 2012"},
	{9600, "Windows 8.1 / Server 2012 R2"}, {10240, "Windows 10 1507"}, {10586, "Windows 10 1511"}, {14393, "Windows 10 1607 / Server 2016"},
	{15063, "Windows 10 1703"}, {16299, "Windows 10 1709"}, {17134, "Windows 10 1803"}, {17763, "Windows 10 1809 / Server 2019"},
	{18362, "Windows 10 1903"}, {18363, "Windows 10 1909"}, {19041, "Windows 10 2004"}, {19042, "Windows 10 20H2"}, {19043, "Windows 10 21H1"},
	{19044, "Windows 10 21H2"}, {19045, "Windows 10 22H2"}, {20348, "Windows Server 2022"}, {22000, "Windows 11 21H2"},
	{22621, "Windows 11 22H2"}, {22631, "Windows 11 23H2"}, {25398, "Windows Server 23H2"}, {26100, "Windows 11 24H2 / Server 2025"},
	{26200, "Windows 11 25H2"},
}

// windows names an operating system by its build.
func windows(number uint32) string {
	i := sort.Search(len(builds), func(i int) bool { return builds[i].number >= number })
	if i < len(builds) && builds[i].number == number {
		return builds[i].name
	}
	return ""
}
