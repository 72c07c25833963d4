package dicom

import "wardkeeper/sense"

func analyzers() []sense.Analyzer { return []sense.Analyzer{Analyzer()} }
