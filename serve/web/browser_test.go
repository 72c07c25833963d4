package web

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// browser starts a headless browser without a network, which keeps what it complained of.
func browser(t *testing.T) (context.Context, func() []string) {
	t.Helper()
	path := ""
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if found, err := exec.LookPath(name); err == nil {
			path = found
			break
		}
	}
	if path == "" {
		if os.Getenv("CI") == "true" {
			t.Fatal("there is no Chromium")
		}
		t.Skip("there is no Chromium: the page is not looked at in a browser")
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.Flag("disable-background-networking", true), chromedp.Flag("disable-component-update", true), chromedp.UserDataDir(t.TempDir()),
		chromedp.Flag("proxy-server", "127.0.0.1:9"), chromedp.Flag("host-resolver-rules", "MAP * ~NOTFOUND"))
	ctx, stop := chromedp.NewExecAllocator(t.Context(), options...)
	t.Cleanup(stop)
	ctx, stop = chromedp.NewContext(ctx)
	t.Cleanup(stop)
	ctx, stop = context.WithTimeout(ctx, 90*time.Second)
	t.Cleanup(stop)
	var mu sync.Mutex
	var said []string
	say := func(s string) {
		mu.Lock()
		defer mu.Unlock()
		said = append(said, s)
	}
	err := chromedp.Listen(ctx, func(event any) {
		switch e := event.(type) {
		case *log.EventEntryAdded:
			say(string(e.Entry.Level) + ": " + e.Entry.Text)
		case *runtime.EventConsoleAPICalled:
			say("console." + string(e.Type))
		case *runtime.EventExceptionThrown:
			say(e.ExceptionDetails.Text)
		case *network.EventRequestWillBeSent:
			if !strings.HasPrefix(e.Request.URL, "file:") {
				say("asked for " + e.Request.URL)
			}
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := chromedp.Call(ctx, network.Enable, network.EnableParams{}); err != nil {
		t.Fatal(err)
	}
	if _, err := chromedp.Call(ctx, log.Enable, cdp.Empty{}); err != nil {
		t.Fatal(err)
	}
	return ctx, func() []string {
		mu.Lock()
		defer mu.Unlock()
		return said
	}
}

// poorContrast lists texts whose contrast is under WCAG AA's 4.5 to 1 (3 to 1 where large).
const poorContrast = `(() => {
  const rgb = s => { const m = s.match(/[\d.]+/g).map(Number); return m.length > 3 && m[3] === 0 ? null : m }
  const lum = c => { const f = c.slice(0, 3).map(v => { v /= 255; return v <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4 }); return .2126 * f[0] + .7152 * f[1] + .0722 * f[2] }
  const bad = new Set()
  document.querySelectorAll('details').forEach(d => d.open = true)
  for (const e of document.querySelectorAll('body *')) {
    if (![...e.childNodes].some(n => n.nodeType === 3 && n.data.trim())) continue
    if (e.closest('.hidden,.skip,.paper,title')) continue
    const s = getComputedStyle(e), fg = rgb(e instanceof SVGElement ? s.fill : s.color)
    let bg = null
    for (let p = e; p && !bg; p = p.parentElement) bg = rgb(getComputedStyle(p).backgroundColor)
    const a = lum(fg), b = lum(bg || [255, 255, 255]), ratio = (Math.max(a, b) + .05) / (Math.min(a, b) + .05)
    const large = parseFloat(s.fontSize) >= 24 || parseFloat(s.fontSize) >= 18.66 && s.fontWeight >= 700
    if (ratio < (large ? 3 : 4.5)) bad.add(e.tagName + '.' + (e.getAttribute('class') || '') + ' ' + ratio.toFixed(2) + ' ' + s.color)
  }
  return [...bad]
})()`

func TestReportInBrowser(t *testing.T) {
	path := filepath.Join(t.TempDir(), "report.html")
	r := synthetic(60)
	long := strings.Repeat("W", 300)
	r.Inputs[0], r.Devices[0].Model, r.Devices[0].Hostnames[0], r.Devices[0].IPs[0] = long, long, long, long
	r.Findings[0].Title, r.Findings[0].Evidence[0].Capture, r.Anomalies[0].Code, r.Gaps[0].What = long, long, long, long
	if err := os.WriteFile(path, []byte(rendered(t, r)), 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, said := browser(t)
	for _, width := range []int64{390, 1280} {
		for _, scheme := range []string{"light", "dark"} {
			media := emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}}
			if _, err := chromedp.Call(ctx, emulation.SetEmulatedMedia, media); err != nil {
				t.Fatal(err)
			}
			if err := chromedp.Do(ctx, chromedp.EmulateViewport(width, 844), chromedp.Navigate("file://"+path)); err != nil {
				t.Fatal(err)
			}
			if evaluate[string](t, ctx, `getComputedStyle(document.querySelector('.brand')).textTransform`) != "uppercase" {
				t.Error("the policy keeps the page's own style out")
			}
			for _, b := range evaluate[[]string](t, ctx, poorContrast) { // opens everything
				t.Errorf("%s: poor contrast: %s", scheme, b)
			}
			if n := evaluate[int64](t, ctx, `document.documentElement.scrollWidth`); n > width {
				t.Errorf("%d pixels wide, the page takes %d", width, n)
			}
		}
	}
	if err := chromedp.Do(ctx, chromedp.Navigate("file://"+path+"?again")); err != nil {
		t.Fatal(err)
	}
	if !evaluate[bool](t, ctx, `(() => { const a = document.querySelector('.map a'); location.hash = a.getAttribute('href'); return document.querySelector(':target').closest('details').open })()`) {
		t.Error("a link from the map does not open the device")
	}
	for _, s := range said() {
		t.Errorf("the browser says: %s", s)
	}
}

func evaluate[T any](t *testing.T, ctx context.Context, expression string) T {
	t.Helper()
	v, err := chromedp.Run(ctx, chromedp.Evaluate[T](expression))
	if err != nil {
		t.Fatal(err)
	}
	return v
}
