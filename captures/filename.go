package captures

import (
	"fmt"
	"strings"
	"time"
)

// fileName expands the time in a file name, as strftime does, in local time:
// %Y %y %m %d %H %I %M %S %j %p %b %B %a %A %e %s %z %Z %F %T %R %D %n %t %%.
// Any other letter is an error, lest a name turn out to be a surprise.
func fileName(pattern string, t time.Time) (string, error) {
	t = t.Local()
	var out strings.Builder
	for {
		before, rest, found := strings.Cut(pattern, "%")
		out.WriteString(before)
		if !found {
			return out.String(), nil
		}
		if rest == "" {
			return "", fmt.Errorf("file name ends with a lone %%: write %%%% for the sign itself")
		}
		text, ok := timeField(rest[0], t)
		if !ok {
			return "", fmt.Errorf("file name has %%%c, which is no field of a time: write %%%% for the sign itself", rest[0])
		}
		out.WriteString(text)
		pattern = rest[1:]
	}
}

func timeField(c byte, t time.Time) (string, bool) {
	layout := ""
	switch c {
	case '%':
		return "%", true
	case 'n':
		return "\n", true
	case 't':
		return "\t", true
	case 's':
		return fmt.Sprint(t.Unix()), true
	case 'j':
		return fmt.Sprintf("%03d", t.YearDay()), true
	case 'Y':
		layout = "2006"
	case 'y':
		layout = "06"
	case 'm':
		layout = "01"
	case 'd':
		layout = "02"
	case 'e':
		layout = "_2"
	case 'H':
		layout = "15"
	case 'I':
		layout = "03"
	case 'M':
		layout = "04"
	case 'S':
		layout = "05"
	case 'p':
		layout = "PM"
	case 'b', 'h':
		layout = "Jan"
	case 'B':
		layout = "January"
	case 'a':
		layout = "Mon"
	case 'A':
		layout = "Monday"
	case 'z':
		layout = "-0700"
	case 'Z':
		layout = "MST"
	case 'F':
		layout = "2006-01-02"
	case 'T':
		layout = "15:04:05"
	case 'R':
		layout = "15:04"
	case 'D':
		layout = "01/02/06"
	default:
		return "", false
	}
	return t.Format(layout), true
}
