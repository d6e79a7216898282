# rb_behaviour(<room>/<sentence> LIBS uv|event|none [EXPECT any] [SECONDS n] [SKIP variant ...])
#
# One behaviour, one file, one CTest test for each variant:
#   stock     no Ringback: the oracle. What fails here says nothing about the ring.
#   preload   the adapter by LD_PRELOAD            linked   the adapter linked in front of the library
#   both      both adapters by LD_PRELOAD          auto     RINGBACK_STREAMS=auto
#   off       RINGBACK=off                         forbidden-eperm, forbidden-enosys   io_uring refused by seccomp
#   no-<capability>                                that capability masked by RINGBACK_DISABLE
# Each is labelled with its variant and its room, so `ctest -L stock` or `ctest -L '^uv$'` pick them.
# EXPECT any: the ring variants need not enter the ring (the test waits on no loop, or ends on epoll by design).
# SKIP: variants in which the behaviour is not to be had, with the reason where it is used.

set(RB_VARIANTS stock preload linked both auto off forbidden-eperm forbidden-enosys)
set(RB_MASKS recv_multishot buffer_ring poll_multishot accept_multishot defer_taskrun single_issuer,defer_taskrun send
             taskrun_flag registered_ring coop_taskrun)
# Masks under which a loop may be carried by epoll, so that "entered the ring" is no part of the contract.
set(RB_MASKS_ANY poll_multishot)

# A sanitizer's runtime has to come before the instrumented library that is preloaded into a program without it.
set(RB_PRELOAD_FIRST "")
foreach(kind address thread)
  if(RINGBACK_SANITIZE MATCHES "${kind}")
    string(SUBSTRING ${kind} 0 1 letter)
    execute_process(COMMAND ${CMAKE_C_COMPILER} -print-file-name=lib${letter}san.so
                    OUTPUT_VARIABLE runtime OUTPUT_STRIP_TRAILING_WHITESPACE)
    set(RB_PRELOAD_FIRST "${runtime}:")
  endif()
endforeach()
set(RB_TEST_ENVIRONMENT "RB_TIME_SCALE=1")
if(RINGBACK_SANITIZE)
  set(RB_TEST_ENVIRONMENT "RB_TIME_SCALE=5" "ASAN_OPTIONS=verify_asan_link_order=0:detect_leaks=1"
      "UBSAN_OPTIONS=print_stacktrace=1" "TSAN_OPTIONS=second_deadlock_stack=1")
endif()

# The library that LD_PRELOAD names for a room's tests.
function(rb_preload_value out libs)
  set(adapter event)
  if(libs STREQUAL "uv")
    set(adapter uv)
  endif()
  set(${out} "${RB_PRELOAD_FIRST}$<TARGET_FILE:ringback-${adapter}>" PARENT_SCOPE)
endfunction()

function(rb_behaviour_executable target source libs)
  add_executable(${target} ${source})
  set_target_properties(${target} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/compat-tests)
  target_link_libraries(${target} PRIVATE ringback-flags ct-harness)
  if(NOT libs STREQUAL "none")
    target_link_libraries(${target} PRIVATE ct-${libs})
  endif()
endfunction()

# rb_behaviour_test(name variant room expect seconds program [NAME=VALUE ...])
function(rb_behaviour_test name variant room expect seconds program)
  set(launcher "")
  set(launched "")
  set(environment ${RB_TEST_ENVIRONMENT} "RB_EXPECT=${expect}" ${ARGN})
  if(variant MATCHES "^forbidden-(.*)$")
    string(TOUPPER ${CMAKE_MATCH_1} error)
    set(launcher $<TARGET_FILE:ct-forbid> ${error})
    set(launched ${ARGN})
    set(environment ${RB_TEST_ENVIRONMENT} "RB_EXPECT=${expect}")
  endif()
  add_test(NAME ${name}.${variant} COMMAND ${launcher} ${launched} $<TARGET_FILE:${program}>)
  math(EXPR limit "${seconds} * 6")
  set_tests_properties(${name}.${variant} PROPERTIES ENVIRONMENT "${environment}" LABELS "${variant};${room}"
                       SKIP_RETURN_CODE 77 TIMEOUT ${limit})
endfunction()

function(rb_behaviour path)
  cmake_parse_arguments(arg "" "LIBS;EXPECT;SECONDS" "SKIP" ${ARGN})
  set(ring ring)
  if(arg_EXPECT)
    set(ring ${arg_EXPECT})
  endif()
  if(NOT arg_SECONDS)
    set(arg_SECONDS 20)
  endif()
  string(REPLACE "/" "." name ${path})
  get_filename_component(room ${path} DIRECTORY)
  rb_behaviour_executable(${name} behaviour/${path}.c ${arg_LIBS})
  rb_behaviour_test(${name} stock ${room} stock ${arg_SECONDS} ${name})
  if(NOT TARGET ringback-uv OR NOT TARGET ringback-event)
    return()
  endif()

  add_executable(${name}.linked)
  set(adapter ringback-event)
  if(arg_LIBS STREQUAL "uv")
    set(adapter ringback-uv)
  endif()
  set_target_properties(${name}.linked PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/compat-tests)
  target_sources(${name}.linked PRIVATE behaviour/${path}.c)
  # In front of the library, and kept although nothing in the program names it.
  target_link_libraries(${name}.linked PRIVATE ringback-flags -Wl,--no-as-needed ${adapter} ct-harness)
  if(NOT arg_LIBS STREQUAL "none")
    target_link_libraries(${name}.linked PRIVATE ct-${arg_LIBS})
  endif()

  rb_preload_value(preload ${arg_LIBS})
  set(both "${RB_PRELOAD_FIRST}$<TARGET_FILE:ringback-uv>:$<TARGET_FILE:ringback-event>")
  rb_behaviour_test(${name} preload ${room} ${ring} ${arg_SECONDS} ${name} "LD_PRELOAD=${preload}")
  rb_behaviour_test(${name} linked ${room} ${ring} ${arg_SECONDS} ${name}.linked)
  rb_behaviour_test(${name} both ${room} ${ring} ${arg_SECONDS} ${name} "LD_PRELOAD=${both}")
  rb_behaviour_test(${name} auto ${room} ${ring} ${arg_SECONDS} ${name} "LD_PRELOAD=${preload}" RINGBACK_STREAMS=auto)
  rb_behaviour_test(${name} off ${room} epoll ${arg_SECONDS} ${name} "LD_PRELOAD=${preload}" RINGBACK=off)
  foreach(variant forbidden-eperm forbidden-enosys)
    rb_behaviour_test(${name} ${variant} ${room} epoll ${arg_SECONDS} ${name} "LD_PRELOAD=${preload}")
  endforeach()
  foreach(mask ${RB_MASKS})
    set(expect ${ring})
    if(mask IN_LIST RB_MASKS_ANY)
      set(expect any)
    endif()
    string(REPLACE "," "+" variant "no-${mask}")
    rb_behaviour_test(${name} ${variant} ${room} ${expect} ${arg_SECONDS} ${name}
                      "LD_PRELOAD=${preload}" "RINGBACK_DISABLE=${mask}")
  endforeach()
  foreach(variant ${arg_SKIP})
    set_tests_properties(${name}.${variant} PROPERTIES DISABLED TRUE)
  endforeach()
endfunction()
