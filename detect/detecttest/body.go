package detecttest

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"wardkeeper/ward"
)

// setter sets a field of a body.
type setter func(name, value string) error

var bodies = map[string]func(o *ward.Observation, what string) setter{
	"flow": flow, "sighting": sighting, "act": act, "dose": dose, "anomaly": anomaly,
}

func unknown(name string) error { return fmt.Errorf("unknown field %q", name) }

func number(to *uint64, value string) (err error) {
	*to, err = strconv.ParseUint(value, 10, 64)
	return err
}

func flow(o *ward.Observation, transport string) setter {
	f := &ward.Flow{Transport: transport, Start: o.Time, End: o.Time, Final: true}
	o.Kind, o.Flow = ward.KindFlow, f
	return func(name, value string) error {
		switch name {
		case "state":
			f.State = value
		case "to":
			return number(&f.PacketsTo, value)
		case "from":
			return number(&f.PacketsFrom, value)
		case "bytes_to":
			return number(&f.BytesTo, value)
		case "bytes_from":
			return number(&f.BytesFrom, value)
		case "ago": // it began so long before its record
			d, err := time.ParseDuration(value)
			f.Start = o.Time.Add(-d)
			return err
		case "midstream":
			f.Midstream = true
		case "onesided":
			f.OneSided = true
		case "encrypted":
			f.Encrypted = true
		default:
			return unknown(name)
		}
		return nil
	}
}

func sighting(o *ward.Observation, from string) setter {
	s := &ward.Sighting{From: from}
	o.Kind, o.Sighting = ward.KindSighting, s
	return func(name, value string) error {
		switch name {
		case "subject":
			s.Subject.Key, s.Subject.Value, _ = strings.Cut(value, ":")
			return nil
		case "behind":
			s.Subject.Behind = true
			return nil
		}
		value, sure, ok := strings.Cut(value, "@")
		f := ward.Fact{Field: ward.Field(name), Value: value, Confidence: 90}
		if ok {
			n, err := strconv.ParseUint(sure, 10, 8)
			if err != nil {
				return err
			}
			f.Confidence = uint8(n)
		}
		s.Facts = append(s.Facts, f)
		return nil
	}
}

func act(o *ward.Observation, verb string) setter {
	a := &ward.Act{Verb: verb}
	o.Kind, o.Act = ward.KindAct, a
	texts := map[string]*string{"object": &a.Object, "outcome": &a.Outcome, "src_app": &a.SrcApp, "dst_app": &a.DstApp, "target": &a.Target}
	tokens := map[string]*ward.Token{"actor": &a.Actor, "patient": &a.Patient, "visit": &a.Visit, "order": &a.Order, "message": &a.Message,
		"study": &a.Study, "instance": &a.Instance}
	return func(name, value string) error {
		switch {
		case name == "reply":
			a.Reply = true
		case name == "clear":
			a.Clear = true
		case name == "count":
			return number(&a.Count, value)
		case name == "bytes":
			return number(&a.Bytes, value)
		case texts[name] != nil:
			*texts[name] = value
		case tokens[name] != nil:
			*tokens[name] = token(value)
		case name[0] == '.':
			a.Attrs = append(a.Attrs, ward.Attr{Name: name[1:], Value: value})
		default:
			return unknown(name)
		}
		return nil
	}
}

func dose(o *ward.Observation, state string) setter {
	d := &ward.Dose{State: ward.DoseState(state), At: o.Time}
	o.Kind, o.Dose = ward.KindDose, d
	texts := map[string]*string{"therapy": &d.Therapy, "device": &d.Device, "channel": &d.Channel, "drug": &d.Drug, "code": &d.Code,
		"quantity": &d.Quantity, "value": &d.Value, "unit": &d.Unit}
	tokens := map[string]*ward.Token{"patient": &d.Patient, "order": &d.Order, "visit": &d.Visit, "message": &d.Message, "plan": &d.Plan}
	return func(name, value string) error {
		switch {
		case texts[name] != nil:
			*texts[name] = value
		case tokens[name] != nil:
			*tokens[name] = token(value)
		case name[0] == '.':
			d.Attrs = append(d.Attrs, ward.Attr{Name: name[1:], Value: value})
		default:
			return unknown(name)
		}
		return nil
	}
}

func anomaly(o *ward.Observation, code string) setter {
	a := &ward.Anomaly{Code: code, Count: 1}
	o.Kind, o.Anomaly = ward.KindAnomaly, a
	return func(name, value string) error {
		switch name {
		case "detail":
			a.Detail = value
		case "count":
			return number(&a.Count, value)
		default:
			return unknown(name)
		}
		return nil
	}
}
