package xmpp

import (
	"strings"
	"testing"
	"time"
)

// TestJIDHostile: no long input takes long, whatever its shape.
func TestJIDHostile(t *testing.T) {
	const n = 1 << 20
	for name, s := range map[string]string{
		"letters":       strings.Repeat("a", n),
		"labels":        strings.Repeat("\u00fc.", maxRaw/3),
		"A-labels":      strings.Repeat("xn--tda.", maxRaw/8) + "x",
		"punycode":      "xn--" + strings.Repeat("9", maxRaw-4),
		"wide":          strings.Repeat("\uff41", n) + "@x",
		"bidi":          strings.Repeat("\u05d0a", maxRaw/3) + "@x",
		"combining":     "x/" + strings.Repeat("\u0301\u0323", maxRaw/4),
		"joiners":       strings.Repeat("\u0628\u200c", maxRaw/5) + "@x",
		"at signs":      strings.Repeat("@", n),
		"long U-label":  strings.Repeat("\u00fc\u4f8b", maxRaw/5),
		"resource":      "x/" + strings.Repeat("\u3000", maxRaw/3),
		"middle dots":   strings.Repeat("l\u00b7", maxRaw/3) + "@x",
		"arabic digits": strings.Repeat("\u0661", maxRaw/2) + "\u06f1@x",
	} {
		start := time.Now()
		_, err := ParseJID(s)
		if took := time.Since(start); took > time.Second {
			t.Errorf("%s: %d bytes took %s (%.60v)", name, len(s), took, err)
		}
	}
}
