package doctor

import (
	"fmt"
	"io"
)

var marks = map[Level]string{Fine: "ok     ", Warning: "warning", Trouble: "TROUBLE"}

// Print writes the findings from a level on, each with its next step.
func Print(w io.Writer, findings []Finding, from Level) {
	for _, f := range findings {
		if from != Fine && f.Level == Fine {
			continue
		}
		fmt.Fprintf(w, "  %s  %s: %s\n", marks[f.Level], f.Check, f.Says)
		if f.Next != "" {
			fmt.Fprintf(w, "           → %s\n", f.Next)
		}
	}
}
