package onebox

import (
	"archive/tar"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/moby/moby/client"
)

// programImage makes the image from which programs get their containers, unless
// Docker has it, and returns its name. It holds folders to mount the machine's
// programs on, or links where the machine has links, and a /tmp.
func (d *docker) programImage(ctx context.Context) (string, error) {
	d.importing.Lock()
	defer d.importing.Unlock()
	layers, err := programArchive("/")
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(layers)
	name := "seedbed/program:" + hex.EncodeToString(sum[:8])
	if there, err := d.hasImage(ctx, name); there || err != nil {
		return name, err
	}
	if err := d.canConfine(ctx); err != nil {
		return "", err
	}
	made, err := d.api.ImageImport(ctx, client.ImageImportSource{Source: bytes.NewReader(layers), SourceName: "-"}, name, client.ImageImportOptions{})
	if err != nil {
		return "", fmt.Errorf("make the empty image: %w", err)
	}
	defer made.Close()
	if _, err := io.Copy(io.Discard, made); err != nil {
		return "", fmt.Errorf("make the empty image: %w", err)
	}
	return name, nil
}

// canConfine refuses where Docker could not hold a program within its bounds.
func (d *docker) canConfine(ctx context.Context) error {
	found, err := d.api.Info(ctx, client.InfoOptions{})
	if err != nil {
		return fmt.Errorf("ask Docker about its machine: %w", err)
	}
	if !found.Info.MemoryLimit || !found.Info.PidsLimit {
		return refusal{"Programs without an image cannot be run here: Docker on this machine can limit neither their memory nor their number of processes."}
	}
	return nil
}

// programArchive is the content of that image, the same for every call.
func programArchive(root string) ([]byte, error) {
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, folder := range append([]string{"/etc", "/mnt/mesos/sandbox"}, programFolders...) {
		head := &tar.Header{Name: folder[1:], Mode: 0o755, Typeflag: tar.TypeDir}
		if to, err := os.Readlink(filepath.Join(root, folder)); err == nil {
			head.Linkname, head.Typeflag = to, tar.TypeSymlink
		} else if info, err := os.Lstat(filepath.Join(root, folder)); folder != mesosSandbox && (err != nil || !info.IsDir()) {
			continue
		}
		if err := w.WriteHeader(head); err != nil {
			return nil, fmt.Errorf("make the empty image: %w", err)
		}
	}
	for _, folder := range []string{"tmp", "var/tmp"} {
		if err := w.WriteHeader(&tar.Header{Name: folder, Mode: 0o1777, Typeflag: tar.TypeDir}); err != nil {
			return nil, fmt.Errorf("make the empty image: %w", err)
		}
	}
	if err := w.Close(); err != nil {
		return nil, fmt.Errorf("make the empty image: %w", err)
	}
	return b.Bytes(), nil
}

// writeAccounts puts the names of a program's user into its container, which has
// been made and not been started. It may be repeated.
func (d *docker) writeAccounts(ctx context.Context, i *instance) error {
	passwd, group := accounts(i.User)
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for name, text := range map[string]string{"passwd": passwd, "group": group} {
		if err := w.WriteHeader(&tar.Header{Name: name, Mode: 0o644, Size: int64(len(text))}); err != nil {
			return fmt.Errorf("write the accounts: %w", err)
		}
		if _, err := io.WriteString(w, text); err != nil {
			return fmt.Errorf("write the accounts: %w", err)
		}
	}
	if err := w.Close(); err != nil {
		return fmt.Errorf("write the accounts: %w", err)
	}
	_, err := d.api.CopyToContainer(ctx, i.TaskID(), client.CopyToContainerOptions{DestinationPath: "/etc", Content: &b})
	if err != nil {
		return fmt.Errorf("write the accounts: %w", err)
	}
	return nil
}
