package service

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"

	"rollcall/bulletin/entry"
	"rollcall/crypto/schnorr"
	"rollcall/internal/workspace"
	"rollcall/registrar"
)

// alarmAt is the number of evaluations in an hour at which the registrar
// raises an alarm: far above what the lines of one booth can ask for.
const alarmAt = 20000

// ReadManifest reads and checks the signed manifest of a directory.
func ReadManifest(dir workspace.Dir) (*entry.Manifest, [entry.HashSize]byte, error) {
	raw, err := os.ReadFile(dir.ManifestEntry())
	if err != nil {
		return nil, [entry.HashSize]byte{}, fmt.Errorf("%w (rollcall init makes it)", err)
	}
	e, err := entry.Decode(raw)
	if err != nil {
		return nil, [entry.HashSize]byte{}, fmt.Errorf("%s: %w", dir.ManifestEntry(), err)
	}
	m, ok := e.Body.(*entry.Manifest)
	if !ok {
		return nil, [entry.HashSize]byte{}, fmt.Errorf("%s: is no manifest", dir.ManifestEntry())
	}
	return m, e.Hash(), m.Check()
}

// OpenRegistrar opens the registrar's service of a directory.
func OpenRegistrar(ctx context.Context, dir workspace.Dir, alarm func(int)) (*registrar.Service, error) {
	_, hash, err := ReadManifest(dir)
	if err != nil {
		return nil, err
	}
	keys, err := registrar.ReadKeys(dir.Key("registrar"))
	if err != nil {
		return nil, err
	}
	return registrar.OpenService(ctx, registrar.ServiceConfig{
		Path: dir.Budgets(), Key: keys.OPRF, ElectionHash: hash, Alarm: alarm, AlarmAt: alarmAt})
}

func (s *Service) startRegistrar(ctx, run context.Context) error {
	dir := workspace.Dir(s.cfg.Dir)
	service, err := OpenRegistrar(ctx, dir, func(n int) {
		s.cfg.Logger.Warn("many PIN evaluations within an hour: is somebody guessing?", "count", n)
	})
	switch {
	case errors.Is(err, registrar.ErrDestroyed):
		s.reg = &registry{} // started again after the end
		s.cfg.Logger.Info("the election has ended and its OPRF key is destroyed: no PIN is evaluated")
	case err != nil:
		return err
	default:
		s.reg = &registry{service: service}
		if err := s.watchEnd(run, dir); err != nil {
			return err
		}
	}
	m, hash, err := ReadManifest(dir)
	if err != nil {
		return err
	}
	s.compare(m)
	if s.cfg.has(Booth) {
		return nil // asked in process
	}
	handler := registrar.HandlerConfig{Evaluator: s.traced(s.reg), ElectionHash: hash,
		Failed: func(err error) { s.cfg.Logger.Error("evaluating", "err", err) }}
	for _, b := range m.Booths {
		key, err := schnorr.ParsePublicKey(b)
		if err != nil {
			return err
		}
		handler.Booths = append(handler.Booths, key)
	}
	server := registrar.NewServer(registrar.NewHandler(handler))
	l, err := s.listen(s.cfg.Private)
	if err != nil {
		return err
	}
	s.addrs.private, s.http = l.Addr(), append(s.http, server)
	s.tasks.Go(func() error {
		if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			return err
		}
		return nil
	})
	return nil
}

// RegistrarURL is where a registrar that runs alone listens, or "".
func (s *Service) RegistrarURL() string {
	if s.addrs.private == nil {
		return ""
	}
	return "http://" + s.addrs.private.String()
}
