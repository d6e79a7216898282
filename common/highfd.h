/* highfd - Ringback's own descriptors live at high numbers, out of the way of the program's. */
#ifndef RB_HIGHFD_H
#define RB_HIGHFD_H

/* rb_highfd_move - move fd to a high number, close-on-exec. Returns the new number, or fd itself when there is no room
 * up there. The old number is free afterwards. */
int rb_highfd_move(int fd);

#endif
