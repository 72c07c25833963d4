package http

import (
	"bytes"
	"strconv"
)

// statusTexts holds "100" to "599", so that no status costs an allocation.
var statusTexts = func() (t [600]string) {
	for i := 100; i < len(t); i++ {
		t[i] = strconv.Itoa(i)
	}
	return t
}()

func statusText(status int) string {
	if status < len(statusTexts) {
		return statusTexts[status]
	}
	return "other"
}

const maxWord = 48 // longest word looked up in a vocabulary

// lower writes b in lower case into dst and returns it; nil if it does not fit.
func lower(dst *[maxWord]byte, b []byte) []byte {
	if len(b) > maxWord {
		return nil
	}
	for i, c := range b {
		if c >= 'A' && c <= 'Z' {
			c += 'a' - 'A'
		}
		dst[i] = c
	}
	return dst[:len(b)]
}

// mediaType returns the type without parameters.
func mediaType(b []byte) []byte {
	if i := bytes.IndexByte(b, ';'); i >= 0 {
		b = b[:i]
	}
	return bytes.TrimSpace(b)
}

// contentKind returns the known name of a content type: the type itself where the
// table has it, its family or "other" elsewhere.
func contentKind(value []byte) string {
	if len(value) == 0 {
		return ""
	}
	var buf [maxWord]byte
	b := lower(&buf, mediaType(value))
	switch string(b) {
	case "text/html":
		return "text/html"
	case "text/plain":
		return "text/plain"
	case "text/css":
		return "text/css"
	case "text/csv":
		return "text/csv"
	case "text/xml":
		return "text/xml"
	case "application/json":
		return "application/json"
	case "application/xml":
		return "application/xml"
	case "application/octet-stream":
		return "application/octet-stream"
	case "application/javascript", "text/javascript", "application/x-javascript":
		return "text/javascript"
	case "application/x-www-form-urlencoded":
		return "application/x-www-form-urlencoded"
	case "application/fhir+json", "application/json+fhir":
		return "application/fhir+json"
	case "application/fhir+xml", "application/xml+fhir":
		return "application/fhir+xml"
	case "application/fhir+ndjson":
		return "application/fhir+ndjson"
	case "application/dicom":
		return "application/dicom"
	case "application/dicom+json":
		return "application/dicom+json"
	case "application/dicom+xml":
		return "application/dicom+xml"
	case "application/hl7-v2", "application/hl7-v2+er7", "x-application/hl7-v2+er7":
		return "application/hl7-v2"
	case "application/soap+xml":
		return "application/soap+xml"
	case "multipart/related":
		return "multipart/related"
	case "multipart/form-data":
		return "multipart/form-data"
	case "multipart/mixed":
		return "multipart/mixed"
	case "multipart/x-mixed-replace":
		return "multipart/x-mixed-replace"
	case "application/pdf":
		return "application/pdf"
	case "application/zip", "application/x-zip-compressed":
		return "application/zip"
	case "application/gzip", "application/x-gzip":
		return "application/gzip"
	case "application/x-dosexec", "application/x-msdownload", "application/x-msdos-program", "application/vnd.microsoft.portable-executable":
		return "application/x-dosexec"
	case "application/x-executable", "application/x-elf", "application/x-sharedlib":
		return "application/x-executable"
	case "application/java-archive":
		return "application/java-archive"
	case "application/ipp":
		return "application/ipp"
	case "application/ocsp-request", "application/ocsp-response":
		return "application/ocsp"
	case "application/dns-message":
		return "application/dns-message"
	}
	for _, family := range [...]string{"image", "audio", "video", "font", "text", "multipart"} {
		if len(b) > len(family) && b[len(family)] == '/' && string(b[:len(family)]) == family {
			return family
		}
	}
	return "other"
}

const maxSegments = 12 // of a path, looked at

// targetKind derives what a request target is about from the shape of its path,
// by a fixed vocabulary. Nothing of the target itself is kept.
func targetKind(target []byte) string {
	if string(target) == "*" {
		return "server"
	}
	path := pathOf(target)
	if string(path) == "/" || len(path) == 0 {
		return "root"
	}
	kind := ""
	for n := 0; n < maxSegments && len(path) > 0; n++ {
		path = path[1:] // the slash
		i := bytes.IndexByte(path, '/')
		last := i < 0
		if last {
			i = len(path)
		}
		seg := path[:i]
		path = path[i:]
		var buf [maxWord]byte
		word := lower(&buf, seg)
		if k := segmentKind(word); k != "" && kind == "" {
			kind = k
		}
		if last {
			if k := extensionKind(word); k != "" && (kind == "" || kind == "api") {
				kind = k
			}
		}
	}
	if kind == "" {
		return "other"
	}
	return kind
}

// pathOf cuts scheme, authority, query and fragment off.
func pathOf(target []byte) []byte {
	if i := bytes.IndexAny(target, "?#"); i >= 0 {
		target = target[:i]
	}
	if len(target) > 0 && target[0] == '/' {
		return target
	}
	if i := bytes.Index(target, []byte("://")); i >= 0 {
		target = target[i+3:]
		if i = bytes.IndexByte(target, '/'); i >= 0 {
			return target[i:]
		}
	}
	return nil
}

func segmentKind(word []byte) string {
	switch string(word) {
	case "fhir", "fhir-r4", "baser4", "basedstu3", "baser5":
		return "fhir"
	case "dicom-web", "dicomweb", "studies", "wado", "wado-rs", "qido-rs", "stow-rs", "series", "instances", "workitems":
		return "dicomweb"
	case "login", "signin", "sign-in", "logon", "auth", "oauth", "oauth2", "token", "session", "sessions", "authenticate", "j_security_check", "wp-login.php", "login.php", "login.html", "login.asp", "login.aspx", "login.jsp", "login.cgi", "authorize":
		return "login"
	case "logout", "signout", "logoff":
		return "logout"
	case "admin", "administrator", "manager", "console", "wp-admin", "phpmyadmin", "management", "setup":
		return "admin"
	case "firmware", "upgrade", "update", "updates", "ota":
		return "update"
	case "config", "configuration", "settings", ".env", ".git", ".htaccess", ".htpasswd":
		return "config"
	case "upload", "uploads", "fileupload":
		return "upload"
	case "export", "backup", "backups", "dump":
		return "export"
	case "api", "rest", "graphql", "v1", "v2", "rpc", "json-rpc", "odata":
		return "api"
	case "cgi-bin":
		return "script"
	case "soap", "wsdl", "wsman", "services":
		return "soap"
	case "hl7", "mllp":
		return "hl7"
	case "ipp", "printers", "ipp/print":
		return "printer"
	case "snapshot", "stream", "video", "mjpg", "onvif", "axis-cgi":
		return "camera"
	case "metrics", "health", "healthz", "status", "server-status":
		return "status"
	case "favicon.ico", "robots.txt":
		return "static"
	case ".well-known":
		return "well-known"
	}
	return ""
}

func extensionKind(name []byte) string {
	i := bytes.LastIndexByte(name, '.')
	if i < 0 {
		return ""
	}
	switch string(name[i+1:]) {
	case "html", "htm", "xhtml", "shtml":
		return "page"
	case "php", "asp", "aspx", "jsp", "do", "cgi", "pl", "py", "cfm", "action":
		return "script"
	case "css", "js", "mjs", "map", "ico", "woff", "woff2", "ttf":
		return "static"
	case "png", "jpg", "jpeg", "gif", "svg", "webp", "bmp", "tif", "tiff":
		return "image"
	case "mp4", "mp3", "avi", "mpg", "webm", "wav":
		return "media"
	case "json", "xml", "csv", "txt", "yaml", "yml":
		return "data"
	case "pdf", "doc", "docx", "xls", "xlsx", "ppt", "pptx", "rtf":
		return "document"
	case "zip", "gz", "tgz", "7z", "rar", "tar", "bz2", "xz", "zst", "cab":
		return "archive"
	case "exe", "dll", "msi", "scr", "bat", "cmd", "ps1", "vbs", "sh", "hta", "elf", "apk", "jar", "deb", "rpm", "so", "bin", "img", "fw":
		return "program"
	case "dcm", "dicom":
		return "dicom file"
	case "bak", "old", "sql", "db", "mdb", "sqlite", "dmp":
		return "database"
	case "ini", "conf", "cfg", "env", "properties":
		return "config"
	case "log":
		return "log"
	}
	return ""
}
