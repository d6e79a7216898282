#include "fdstate.h"

#include "stats.h"

/* way 4 bits, flags 4, why 8, slot 8, generation 8. */
enum { FLAGS_AT = 4, WHY_AT = 8, SLOT_AT = 16, GENERATION_AT = 24, NIBBLE = 0xf, BYTE = 0xff };
enum { FLAG_SENDS = 1 };

_Static_assert((int)RB_WAY_COUNT <= (int)NIBBLE + 1, "the word has no room for this many ways");
_Static_assert((int)RB_WHY_COUNT <= (int)BYTE + 1, "the word has no room for this many reasons");
_Static_assert((int)RB_STATS_LOOPS <= (int)BYTE + 1, "the word has no room for this many loops");

static const struct rb_name_meaning ways[RB_WAY_COUNT] = {
#define RB_WAY_INFO(id, name, meaning) {name, meaning},
    RB_WAY_LIST(RB_WAY_INFO)
#undef RB_WAY_INFO
};

static const struct rb_name_meaning reasons[RB_WHY_COUNT] = {
#define RB_WHY_INFO(id, name, meaning) {name, meaning},
    RB_WHY_LIST(RB_WHY_INFO)
#undef RB_WHY_INFO
};

static const struct rb_name_meaning unknown = {"unknown", "a later version of Ringback than this program knows"};

const struct rb_name_meaning *rb_fdstate_way_info(unsigned way) {
    return way < RB_WAY_COUNT ? &ways[way] : &unknown;
}

const struct rb_name_meaning *rb_fdstate_why_info(unsigned why) {
    return why < RB_WHY_COUNT ? &reasons[why] : &unknown;
}

uint32_t rb_fdstate_pack(const struct rb_fdstate *state) {
    return (state->way & NIBBLE) | (state->sends ? (uint32_t)FLAG_SENDS << FLAGS_AT : 0) |
           (state->why & BYTE) << WHY_AT | (state->slot & BYTE) << SLOT_AT |
           (uint32_t)(state->generation & BYTE) << GENERATION_AT;
}

struct rb_fdstate rb_fdstate_unpack(uint32_t word) {
    return (struct rb_fdstate){.way = word & NIBBLE,
                               .why = word >> WHY_AT & BYTE,
                               .sends = (word >> FLAGS_AT & FLAG_SENDS) != 0,
                               .slot = word >> SLOT_AT & BYTE,
                               .generation = word >> GENERATION_AT & BYTE};
}
