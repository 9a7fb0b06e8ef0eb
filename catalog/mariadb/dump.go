package mariadb

import (
	"bufio"
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"strconv"

	"seedbed"
	"seedbed/catalog/program"
)

// The first and the last line of a dump, which are comments to MariaDB. The last
// one is written only if mariadb-dump ended well.
const (
	firstLine = "-- seedbed mariadb 1\n"
	lastLine  = "-- seedbed end\n"
)

// Dump writes the site's schema as SQL, with its views, triggers, routines and
// events: InnoDB's tables as they are at one moment, those of other engines as
// they come. It is read by the site's own user.
func (k *Kind) Dump(ctx context.Context, e seedbed.Endpoint, b seedbed.Binding, w io.Writer) error {
	if err := checkBinding(b); err != nil {
		return err
	}
	if err := k.Check(ctx, e); err != nil {
		return err
	}
	if _, err := io.WriteString(w, firstLine); err != nil {
		return fmt.Errorf("dump schema %q: %w", b.Name, err)
	}
	client := client("/usr/bin/mariadb-dump", e, b)
	client.Args = append(client.Args, "--single-transaction", "--quick", "--skip-lock-tables", "--routines", "--triggers", "--events", "--hex-blob", "--no-tablespaces", b.Name)
	client.Out = w
	if err := client.Do(ctx); err != nil {
		return fmt.Errorf("dump schema %q: %w", b.Name, err)
	}
	if _, err := io.WriteString(w, lastLine); err != nil {
		return fmt.Errorf("dump schema %q: %w", b.Name, err)
	}
	return nil
}

// Load empties the site's schema and runs what Dump wrote, as the site's own
// user, so that a made-up dump can do no more than the site itself. MariaDB
// cannot give a schema another name: from the beginning to a successful end the
// site has a part of what is loaded. What does not begin as a dump changes
// nothing.
func (k *Kind) Load(ctx context.Context, e seedbed.Endpoint, b seedbed.Binding, r io.Reader) error {
	if err := checkBinding(b); err != nil {
		return err
	}
	text := bufio.NewReader(r)
	if begin, err := text.Peek(len(firstLine)); string(begin) != firstLine {
		return errors.Join(fmt.Errorf("load schema %q: this is not a dump of a MariaDB schema", b.Name), notEOF(err))
	}
	if err := k.empty(ctx, e, b); err != nil {
		return fmt.Errorf("empty schema %q: %w", b.Name, err)
	}
	end := &ending{}
	client := client("/usr/bin/mariadb", e, b)
	client.Args = append(client.Args, "--sandbox", "--binary-mode", "--batch", "--local-infile=0", "--database="+b.Name)
	client.In = io.TeeReader(text, end)
	if err := client.Do(ctx); err != nil {
		return fmt.Errorf("load schema %q: %w", b.Name, err)
	}
	if string(end.text) != lastLine {
		return fmt.Errorf("load schema %q: the dump is cut off", b.Name)
	}
	return nil
}

// empty makes the schema anew.
func (k *Kind) empty(ctx context.Context, e seedbed.Endpoint, b seedbed.Binding) error {
	err := asAdmin(ctx, e, func(ctx context.Context, conn *sql.Conn) error {
		return run(ctx, conn, "DROP DATABASE IF EXISTS "+quote(b.Name))
	})
	if err != nil {
		return err
	}
	return k.Ensure(ctx, e, b)
}

// client is a run of one of MariaDB's programs as the site's own user. Sandbox
// and binary mode keep the client from obeying commands of its own, such as
// "system", inside of a dump.
func client(path string, e seedbed.Endpoint, b seedbed.Binding) program.Run {
	return program.Run{
		Path: path, Package: "mariadb-client",
		Args: []string{"--no-defaults", "--protocol=tcp", "--host=" + e.Host, "--port=" + strconv.Itoa(e.Port), "--user=" + b.Name,
			"--default-character-set=utf8mb4", "--max-allowed-packet=64M"},
		Env: []string{"MYSQL_PWD=" + b.Password.Reveal()},
	}
}

func notEOF(err error) error {
	if errors.Is(err, io.EOF) {
		return nil
	}
	return err
}

// ending keeps the last bytes of what is written to it, as many as lastLine has.
type ending struct{ text []byte }

// Write never fails.
func (e *ending) Write(p []byte) (int, error) {
	e.text = append(e.text, p[max(0, len(p)-len(lastLine)):]...)
	e.text = bytes.Clone(e.text[max(0, len(e.text)-len(lastLine)):])
	return len(p), nil
}
