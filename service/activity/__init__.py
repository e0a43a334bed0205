"""What users did, in whatever form it is told: read, reduced to what may be kept, and written to the outbox."""
