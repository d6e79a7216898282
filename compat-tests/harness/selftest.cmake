# The harness must be able to fail: each fault of selftest.c has to be called by its name.
add_executable(ct-selftest harness/selftest.c)
target_link_libraries(ct-selftest PRIVATE ringback-flags ct-harness)
set_target_properties(ct-selftest PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/compat-tests)

function(rb_selftest fault message)
  add_test(NAME harness.${fault} COMMAND ct-selftest ${fault})
  set_tests_properties(harness.${fault} PROPERTIES ENVIRONMENT "${RB_TEST_ENVIRONMENT};${ARGN}" LABELS "harness;stock"
                       PASS_REGULAR_EXPRESSION "${message}" TIMEOUT 30)
endfunction()

rb_selftest(late "the deadline of the test has passed")
rb_selftest(leak "descriptor [0-9]+ left open: /dev/null")
rb_selftest(false "not true: argc == 1")
rb_selftest(pattern "stream 7: byte 14 is")
rb_selftest(errno "close\\(-1\\): Bad file descriptor, not 0")
rb_selftest(absent-ringback "Ringback is not in the process" RB_EXPECT=ring)
