/** Requires the API alone. */
module stranger {
  requires org.logitkernels;
}
