package intrusion

import (
	"strings"
	"time"
)

// support is until when an operating system gets security updates from its maker.
//
// Dates are the last of any edition that calls itself so (LTSC, IoT and embedded
// editions included, paid extensions not): what is reported is past help for sure.
// Source: Microsoft Lifecycle Policy, learn.microsoft.com/lifecycle.
type support struct {
	name string // lower case, whole words, longest first where one begins another
	ends time.Time
}

func day(y int, m time.Month, d int) time.Time { return time.Date(y, m, d, 23, 59, 59, 0, time.UTC) }

var supported = []support{
	{"windows nt 4.0", day(2004, 12, 31)},
	{"windows 95", day(2001, 12, 31)},
	{"windows 98", day(2006, 7, 11)},
	{"windows me", day(2006, 7, 11)},
	{"windows 2000", day(2010, 7, 13)},
	{"windows ce 4", day(2013, 7, 9)},
	{"windows ce 5", day(2014, 10, 14)},
	{"windows ce 6", day(2018, 4, 10)},
	{"windows embedded compact 7", day(2021, 4, 13)},
	{"windows embedded compact 2013", day(2023, 10, 10)},
	{"windows xp embedded", day(2016, 1, 12)},
	{"windows xp", day(2019, 4, 9)}, // POSReady 2009
	{"windows embedded posready 2009", day(2019, 4, 9)},
	{"windows vista", day(2017, 4, 11)},
	{"windows 7", day(2021, 10, 12)}, // Embedded POSReady 7
	{"windows embedded standard 7", day(2020, 10, 13)},
	{"windows 8.1", day(2023, 7, 11)}, // Embedded 8.1 Industry
	{"windows 8", day(2023, 7, 11)},   // Embedded 8 Standard
	{"windows server 2003", day(2015, 7, 14)},
	{"windows server 2008", day(2020, 1, 14)},
	{"windows server 2012", day(2023, 10, 10)},
	{"windows server 2016", day(2027, 1, 12)},
	{"windows server 2019", day(2029, 1, 9)},
	{"windows server 2022", day(2031, 10, 14)},
	{"windows server 23h2", day(2025, 10, 24)},
	{"windows server 2025", day(2034, 11, 14)},
	{"windows 10 1507", day(2025, 10, 14)}, // LTSB 2015
	{"windows 10 1511", day(2018, 4, 10)},
	{"windows 10 1607", day(2026, 10, 13)}, // LTSB 2016
	{"windows 10 1703", day(2019, 10, 8)},
	{"windows 10 1709", day(2020, 10, 13)},
	{"windows 10 1803", day(2021, 5, 11)},
	{"windows 10 1809", day(2029, 1, 9)}, // LTSC 2019
	{"windows 10 1903", day(2020, 12, 8)},
	{"windows 10 1909", day(2022, 5, 10)},
	{"windows 10 2004", day(2021, 12, 14)},
	{"windows 10 20h2", day(2023, 5, 9)},
	{"windows 10 21h1", day(2022, 12, 13)},
	{"windows 10 21h2", day(2032, 1, 13)}, // IoT Enterprise LTSC 2021
	{"windows 10 22h2", day(2025, 10, 14)},
	{"windows 11 21h2", day(2024, 10, 8)},
	{"windows 11 22h2", day(2025, 10, 14)},
	{"windows 11 23h2", day(2026, 11, 10)},
	{"windows 11 24h2", day(2034, 10, 10)}, // IoT Enterprise LTSC 2024
	{"windows 11 25h2", day(2028, 10, 10)},
}

// endOfSupport returns when support of an operating system ends. Where a name
// stands for several ("Windows 7 / Server 2008 R2"), it is the latest end, and none
// is known unless all are.
func endOfSupport(os string) (ends time.Time, ok bool) {
	os, _, _ = strings.Cut(strings.ToLower(os), "(")
	for _, one := range strings.Split(os, " / ") {
		one = strings.TrimPrefix(strings.TrimSpace(one), "microsoft ")
		if !strings.HasPrefix(one, "windows") {
			one = "windows " + one
		}
		end, known := endOfOne(one)
		if !known {
			return time.Time{}, false
		}
		if end.After(ends) {
			ends = end
		}
	}
	return ends, true
}

func endOfOne(os string) (time.Time, bool) {
	for i := range supported {
		s := &supported[i]
		rest, ok := strings.CutPrefix(os, s.name)
		// "windows ce 5" begins "windows ce 5.0" but "windows 8" not "windows 8.2".
		if ok && (rest == "" || rest[0] == ' ' || rest[0] == '.' && strings.Contains(s.name, " ce ")) {
			return s.ends, true
		}
	}
	return time.Time{}, false
}
