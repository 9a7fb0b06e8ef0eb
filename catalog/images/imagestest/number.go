//go:build integration

package imagestest

import "strconv"

func itoa(n int) string { return strconv.Itoa(n) }

// atoi reads a port that Docker has written.
func atoi(s string) int {
	n, err := strconv.Atoi(s)
	if err != nil {
		panic("imagestest: " + err.Error())
	}
	return n
}
