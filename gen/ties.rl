/* generated from spec/protocol.md by spec/extract.awk; do not edit */
%%{
machine epigeon_ties;

  char         = plain | wide | escape ;
  name         = quotation_mark char* quotation_mark ;
  string       = quotation_mark char* quotation_mark ;
  plain_value  = string | number | literal ;
  object       = begin_object @{ fcall rest_of_object; } ;
  array        = begin_array  @{ fcall rest_of_array; } ;
  close_object = end_object   @{ fret; } ;
  close_array  = end_array    @{ fret; } ;
  close_frame  = end_of_frame ;
}%%
