"""The hidden Markov model: settings, compiled EM, causal filter, online use, interchange."""
