/* generated from spec/protocol.md by spec/extract.awk; do not edit */
%%{
machine epigeon_lexical;

  ws              = ( 0x20 | 0x09 | 0x0A | 0x0D )* ;

  begin_object    = 0x7B ;  # {
  end_object      = 0x7D ;  # }
  begin_array     = 0x5B ;  # [
  end_array       = 0x5D ;  # ]
  name_separator  = 0x3A ;  # :
  value_separator = 0x2C ;  # ,
  quotation_mark  = 0x22 ;  # "
  end_of_frame    = 0x0C ;

  plain     = 0x20..0x21 | 0x23..0x5B | 0x5D..0x7F ;  # all but " and \ and controls

  UTF8_tail = 0x80..0xBF ;
  UTF8_2    = 0xC2..0xDF UTF8_tail ;
  UTF8_3    = 0xE0       0xA0..0xBF UTF8_tail
            | 0xE1..0xEC UTF8_tail  UTF8_tail
            | 0xED       0x80..0x9F UTF8_tail
            | 0xEE..0xEF UTF8_tail  UTF8_tail ;
  UTF8_4    = 0xF0       0x90..0xBF UTF8_tail UTF8_tail
            | 0xF1..0xF3 UTF8_tail  UTF8_tail UTF8_tail
            | 0xF4       0x80..0x8F UTF8_tail UTF8_tail ;
  wide      = UTF8_2 | UTF8_3 | UTF8_4 ;

  HEXDIG    = [0-9A-Fa-f] ;
  escape    = 0x5C ( ["\\/bfnrt] | "u" HEXDIG{4} ) ;

  minus     = 0x2D ;
  digit1_9  = [1-9] ;
  integer   = "0" | digit1_9 [0-9]* ;
  frac      = "." [0-9]+ ;
  exp       = [eE] [+\-]? [0-9]+ ;
  number    = minus? integer frac? exp? ;

  literal   = "true" | "false" | "null" ;
}%%
