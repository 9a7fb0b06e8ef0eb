package main

import (
	"cmp"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"syscall"
	"text/tabwriter"

	"seedbed"
	"seedbed/certs"
)

// certificatesCommand is `seedbed certificates`: it looks at the certificates of
// the installation on this machine and gives it some, through its folder.
func certificatesCommand(ctx context.Context, args []string) error {
	return branch(ctx, "certificates", args, []word{
		{"list", "until when each counts, and what is wrong", listCertificates},
		{"upload", "give a certificate that you have", uploadCertificate},
		{"withdraw", "take an uploaded one back", withdrawCertificate},
		{"root", "print the certificate of the installation's own authority", printRoot},
	})
}

// openCertificates returns the keeper of the installation's folder, which this
// process does not run.
func openCertificates(word string, args []string, more ...func(*flag.FlagSet)) (*certs.Keeper, error) {
	c, err := parseConfig("certificates "+word, args, more...)
	if err != nil {
		return nil, err
	}
	if !c.wanted() {
		return nil, &seedbed.Error{Code: seedbed.Conflict, Message: "There is no HTTPS in this installation. SEEDBED_TLS says where certificates come from; see HTTPS in docs/install.md."}
	}
	if err := c.ownFolder(); err != nil {
		return nil, err
	}
	return c.makeKeeper(slog.New(slog.DiscardHandler))
}

// ownFolder makes sure that what is written here can be read by whoever runs
// Seedbed.
func (c config) ownFolder() error {
	info, err := os.Stat(c.Dir)
	if err != nil {
		return &seedbed.Error{Code: seedbed.NotFound, Err: err, Message: "There is no Seedbed in " + c.Dir + ". Name its folder with -dir."}
	}
	if owner, ok := info.Sys().(*syscall.Stat_t); ok && int(owner.Uid) != os.Geteuid() {
		return &seedbed.Error{Code: seedbed.Forbidden, Message: fmt.Sprintf("%s belongs to another user. Run this as that one, such as: sudo -u seedbed seedbed certificates list", c.Dir)}
	}
	return nil
}

func listCertificates(_ context.Context, args []string) error {
	asJSON := false
	keeper, err := openCertificates("list", args, func(f *flag.FlagSet) { f.BoolVar(&asJSON, "json", false, "for programs") })
	if err != nil {
		return err
	}
	if asJSON {
		e := json.NewEncoder(os.Stdout)
		e.SetIndent("", "  ")
		return e.Encode(append([]certs.Status{}, keeper.Report()...))
	}
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "HOST\tFROM\tSTATE\tUNTIL\t")
	for _, s := range keeper.Report() {
		until := "-"
		if !s.NotAfter.IsZero() {
			until = when(s.NotAfter)
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", s.Host, cmp.Or(s.Source, "-"), s.State, until, remarks(s))
	}
	return w.Flush()
}

func remarks(s certs.Status) string {
	all := s.Warnings
	if s.Trouble != "" {
		all = append([]string{s.Trouble, "Tried again at " + when(s.Next) + "."}, all...)
	}
	return strings.Join(all, " ")
}

func uploadCertificate(_ context.Context, args []string) error {
	var host, certFile, keyFile string
	keeper, err := openCertificates("upload", args, func(f *flag.FlagSet) {
		hostFlag(f, &host)
		f.StringVar(&certFile, "certificate", "", "file with the site's certificate, and then those that sign it, in PEM form")
		f.StringVar(&keyFile, "key", "", "file with its key, in PEM form")
	})
	if err != nil {
		return err
	}
	name, err := seedbed.ParseHostName(host)
	if err != nil {
		return misused("-host: %s", seedbed.MessageOf(err))
	}
	certificate, err := readOption("certificate", certFile)
	if err != nil {
		return err
	}
	key, err := readOption("key", keyFile)
	if err != nil {
		return err
	}
	warnings, err := keeper.Upload(name, certificate, key)
	if err != nil {
		return err
	}
	for _, warning := range warnings {
		fmt.Println(warning)
	}
	fmt.Printf("The certificate for %s is kept. It is served within a minute.\n", name)
	return nil
}

func hostFlag(f *flag.FlagSet, host *string) { f.StringVar(host, "host", "", "host name of the site") }

func withdrawCertificate(_ context.Context, args []string) error {
	var host string
	keeper, err := openCertificates("withdraw", args, func(f *flag.FlagSet) { hostFlag(f, &host) })
	if err != nil {
		return err
	}
	name, err := seedbed.ParseHostName(host)
	if err != nil {
		return misused("-host: %s", seedbed.MessageOf(err))
	}
	if err := keeper.Withdraw(name); err != nil {
		return err
	}
	fmt.Printf("%s gets a certificate as other sites do. Until it has that, the uploaded one is served.\n", name)
	return nil
}

func printRoot(_ context.Context, args []string) error {
	keeper, err := openCertificates("root", args)
	if err != nil {
		return err
	}
	root, err := keeper.Root()
	if err != nil {
		return err
	}
	fmt.Fprintln(os.Stderr, root.Instructions())
	_, err = os.Stdout.Write(root.PEM)
	return err
}
