package run

func (r *Result) writeHTML(path string) error { return nil }
