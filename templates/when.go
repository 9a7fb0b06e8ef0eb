package templates

import (
	"fmt"
	"strconv"
	"time"
)

// ago says a past time as people say it: "now", "5 min ago", "yesterday",
// "Tuesday", "3 May". Days are those of now's time zone.
func ago(t, now time.Time) string {
	t = t.In(now.Location())
	age := now.Sub(t)
	switch {
	case age < 45*time.Second:
		return "now"
	case age < time.Hour:
		return strconv.Itoa(max(1, int(age.Minutes()))) + " min ago"
	case sameDay(t, now):
		return strconv.Itoa(int(age.Hours())) + " h ago"
	case sameDay(t, now.AddDate(0, 0, -1)):
		return "yesterday"
	case age < 6*24*time.Hour:
		return t.Format("Monday")
	case t.Year() == now.Year():
		return t.Format("2 January")
	}
	return t.Format("2 January 2006")
}

func sameDay(a, b time.Time) bool {
	return a.Year() == b.Year() && a.YearDay() == b.YearDay()
}

// exactly says a time in full, for those who hover.
func exactly(t, now time.Time) string {
	return t.In(now.Location()).Format("Monday, 2 January 2006, 15:04:05 MST")
}

// took says how long something took: "0.2 s", "41 s", "1 min 5 s", "2 h 3 min".
func took(d time.Duration) string {
	switch {
	case d < 0:
		return "0 s"
	case d < 10*time.Second:
		return fmt.Sprintf("%.1f s", d.Seconds())
	case d < time.Minute:
		return fmt.Sprintf("%d s", int(d.Seconds()))
	case d < time.Hour:
		return fmt.Sprintf("%d min %d s", int(d.Minutes()), int(d.Seconds())%60)
	}
	return fmt.Sprintf("%d h %d min", int(d.Hours()), int(d.Minutes())%60)
}

// going says how long something has been going on, in steps coarse enough to
// be read: "5 s", "20 s", "3 min".
func going(d time.Duration) string {
	switch {
	case d < 5*time.Second:
		return ""
	case d < time.Minute:
		return fmt.Sprintf("%d s", int(d.Seconds())/5*5)
	case d < time.Hour:
		return fmt.Sprintf("%d min", int(d.Minutes()))
	}
	return fmt.Sprintf("%d h %d min", int(d.Hours()), int(d.Minutes())%60)
}

// about says a length of time roughly: "40 s", "5 min".
func about(d time.Duration) string {
	if d < 90*time.Second {
		return fmt.Sprintf("%d s", int(d.Seconds()))
	}
	return fmt.Sprintf("%d min", int(d.Round(time.Minute).Minutes()))
}

// SizeSaid is size for the command line.
func SizeSaid(bytes int64) string { return size(bytes) }

// size says a number of bytes: "812 bytes", "41 kB", "1.4 GB".
func size(bytes int64) string {
	switch {
	case bytes == 1:
		return "1 byte"
	case bytes < 1000:
		return fmt.Sprintf("%d bytes", bytes)
	case bytes < 999_500:
		return fmt.Sprintf("%.0f kB", float64(bytes)/1e3)
	case bytes < 999_500_000:
		return trimZero(fmt.Sprintf("%.1f", float64(bytes)/1e6)) + " MB"
	}
	return trimZero(fmt.Sprintf("%.1f", float64(bytes)/1e9)) + " GB"
}

func trimZero(s string) string {
	if n := len(s) - 2; n > 0 && s[n:] == ".0" {
		return s[:n]
	}
	return s
}
