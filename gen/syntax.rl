/* generated from spec/protocol.md by spec/extract.awk; do not edit */
%%{
machine epigeon_syntax;

  value  = plain_value | object | array ;
  member = name ws name_separator ws value ;

  rest_of_object := ws ( member ws ( value_separator ws member ws )* )? close_object ;
  rest_of_array  := ws ( value ws ( value_separator ws value ws )* )? close_array ;

  text  = ws object ws ;
  frame = text close_frame ;

  main := frame ;
}%%
