/* self - a cheap name for the calling thread. */
#ifndef RB_SELF_H
#define RB_SELF_H

/* rb_self - an address that no other living thread has. Any context, signal handlers included. */
const void *rb_self(void);

#endif
