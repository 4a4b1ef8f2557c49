package tui

import "strings"

// asciiSigns says what stands for each sign of ours with --ascii: every sign
// is followed by its replacement.
const asciiSigns = "→>←<✖E▲W●*✓=✗!─-│|┬+┴+├+↩^…~“\"”\"‘'’'·.–-‹<›>◌o▾v▸>␊$"

// toASCII returns one grapheme cluster for a terminal that shows nothing but
// ASCII: our signs by their replacements, anything else as "?".
func toASCII(cluster string) string {
	if len(cluster) == 1 && cluster[0] < 0x80 {
		return cluster
	}
	if at := strings.Index(asciiSigns, cluster); at >= 0 {
		at += len(cluster)
		return asciiSigns[at : at+1]
	}
	return "?"
}
