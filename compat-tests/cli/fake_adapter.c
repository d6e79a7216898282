/* Stands where an adapter would. */
extern int ringback_fake_adapter;
int ringback_fake_adapter = 1;
