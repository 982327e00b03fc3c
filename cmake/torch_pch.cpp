// Carries the precompiled LibTorch header that the engine's targets reuse.
