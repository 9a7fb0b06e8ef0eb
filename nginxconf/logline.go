package nginxconf

import (
	"encoding/json"
	"errors"
	"math"
	"regexp"
	"strconv"
	"time"

	"seedbed"
)

// logLine is a line of the log of visits, as visitFormat writes it.
type logLine struct {
	T, S, H, M, U, C, B, D, A, R, G string
}

var (
	idForm   = regexp.MustCompile(`^[0-9a-f]{24}$`)
	errVisit = errors.New("it is no visit")
)

// maxLine is more than nginx writes: each part is cut.
const maxLine = 16 << 10

// readVisit reads a line. Visitors say what they like in most of its parts, so
// nothing but its form is believed.
func readVisit(text []byte) (site string, v seedbed.Visit, _ error) {
	var line logLine
	if err := json.Unmarshal(text, &line); err != nil {
		return "", v, err
	}
	seconds, err := strconv.ParseFloat(line.T, 64)
	status, err2 := strconv.Atoi(line.C)
	if err := errors.Join(err, err2); err != nil {
		return "", v, err
	}
	if !idForm.MatchString(line.S) || status < 0 || status > 999 || !(seconds > 0 && seconds < 1e11) {
		return "", v, errVisit
	}
	whole, part := math.Modf(seconds)
	bytes, _ := strconv.ParseInt(line.B, 10, 64)
	took, _ := strconv.ParseFloat(line.D, 64)
	return line.S, seedbed.Visit{
		At: time.Unix(int64(whole), int64(part*1e9)), Host: line.H, Method: line.M, URI: line.U, Status: status,
		Bytes: bytes, Took: time.Duration(min(max(took, 0), 1e6) * float64(time.Second)), From: line.A, Referer: line.R, Agent: line.G,
	}, nil
}
