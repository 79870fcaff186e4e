# The model of the protocol, searched with SPIN; the Makefile at the top includes this.
#   model        builds model-replay, which does to the C cores what a run of the model did
#   check-model  searches the small worlds and all variants, replays; under two minutes
#   model-deep   the larger worlds: minutes, and up to 8 GB

model_replay := $(out)/model-replay
model_replay_c := $(wildcard spec/model/*.c)

$(model_replay): $(call object,$(model_replay_c)) $(archive)
	$(CC) $(ldflags) -o $@ $^ $(libraries)

-include $(patsubst %.c,$(out)/%.d,$(model_replay_c))

.PHONY: model check-model model-deep
model: $(model_replay)

check-model: $(model_replay) ## searches the model of the protocol, replays it against the cores
	@sh spec/model/check.sh quick $(model_replay)

model-deep: $(model_replay) ## searches larger worlds of the model: minutes
	@sh spec/model/check.sh deep $(model_replay)
