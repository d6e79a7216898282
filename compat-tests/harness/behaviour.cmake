# rb_behaviour(<room>/<sentence> LIBS uv|uv_static|event|none [EXPECT any] [SECONDS n] [BUSY] [SKIP variant ...])
#
# One behaviour, one file, one CTest test for each variant:
#   stock     no Ringback: the oracle. What fails here says nothing about the ring.
#   preload   the adapter by LD_PRELOAD            linked   the adapter linked in front of the library; this and all of
#                                                           those below with RINGBACK_STREAMS or a mask gather every write
#                                                           (RINGBACK_PROFILE=throughput), preload as it pays
#   resting   as preload, with RINGBACK_READINESS=auto, the default; in all others loops without streams are on the ring
#   both      both adapters by LD_PRELOAD          auto     RINGBACK_STREAMS=auto
#   spin      RINGBACK_PROFILE=latency RINGBACK_SPIN_US=200
#   zerocopy  RINGBACK_ZEROCOPY=force RINGBACK_ZEROCOPY_MIN=1024; behaviours of the libraries only
#   off       RINGBACK=off                         forbidden-eperm, forbidden-enosys   io_uring refused by seccomp
#   no-<capability>                                that capability masked by RINGBACK_DISABLE
# Each is labelled with its variant and its room, so `ctest -L stock` or `ctest -L '^uv$'` pick them.
# EXPECT any: the ring variants need not enter the ring (the test waits on no loop, or ends on epoll by design).
# BUSY: it keeps both processors busy, so nothing that is timed runs beside it.
# SKIP: variants in which the behaviour is not to be had, with the reason where it is used.
#
# rb_server_tests does the same for a driver that starts a server program.

set(RB_MASKS recv_multishot buffer_ring poll_multishot accept_multishot defer_taskrun defer_taskrun+coop_taskrun+cancel_any
             send taskrun_flag futex_wait)
# Masks under which a loop may be carried by epoll, so that "entered the ring" is no part of the contract.
set(RB_MASKS_ANY poll_multishot)

set(RB_VARIANTS stock)
if(TARGET ringback-uv AND TARGET ringback-event)
  list(APPEND RB_VARIANTS preload resting linked both auto spin zerocopy off forbidden-eperm forbidden-enosys)
  foreach(mask ${RB_MASKS})
    list(APPEND RB_VARIANTS no-${mask})
  endforeach()
endif()

# A sanitizer's runtime is preloaded with the instrumented adapter, for programs without it. ASan's has to come first.
# TSan's must come behind: its own epoll_wait, read and so on close their eyes to everything that happens inside, and
# would not see our locks. In a linked program it always comes first.
set(RB_PRELOAD_FIRST "")
set(RB_PRELOAD_LAST "")
if(RINGBACK_SANITIZE MATCHES "(address|thread)")
  string(SUBSTRING ${CMAKE_MATCH_1} 0 1 letter)
  execute_process(COMMAND ${CMAKE_C_COMPILER} -print-file-name=lib${letter}san.so
                  OUTPUT_VARIABLE runtime OUTPUT_STRIP_TRAILING_WHITESPACE)
  if(letter STREQUAL "a")
    set(RB_PRELOAD_FIRST "${runtime}:")
  else()
    set(RB_PRELOAD_LAST ":${runtime}")
    list(REMOVE_ITEM RB_VARIANTS linked)
  endif()
endif()
# Without a sanitizer RB_TIME_SCALE is whatever it is where ctest runs: a slow machine may set it.
set(RB_TEST_ENVIRONMENT "RINGBACK_READINESS=ring")
if(RINGBACK_SANITIZE)
  set(RB_TEST_ENVIRONMENT "RB_TIME_SCALE=5" "RINGBACK_READINESS=ring" "ASAN_OPTIONS=verify_asan_link_order=0:detect_leaks=1"
      "UBSAN_OPTIONS=print_stacktrace=1" "TSAN_OPTIONS=second_deadlock_stack=1:ignore_noninstrumented_modules=1")
endif()

# The adapter of a room's tests. Raw epoll takes the event adapter: any adapter brings the seam.
function(rb_adapter out libs)
  set(${out} ringback-event PARENT_SCOPE)
  if(libs MATCHES "^uv")
    set(${out} ringback-uv PARENT_SCOPE)
  endif()
endfunction()

# What a variant means: variant_settings (NAME=VALUE for the program), variant_launcher, variant_expect; `ring` is what
# is expected where the ring should carry the loops.
function(rb_variant variant libs ring)
  rb_adapter(adapter ${libs})
  set(settings "LD_PRELOAD=${RB_PRELOAD_FIRST}$<TARGET_FILE:${adapter}>${RB_PRELOAD_LAST}")
  set(launcher "")
  set(expect ${ring})
  if(variant STREQUAL "stock")
    set(settings "")
    set(expect stock)
  elseif(variant STREQUAL "resting")
    list(APPEND settings RINGBACK_READINESS=auto)
    set(expect any)
  elseif(variant STREQUAL "linked")
    set(settings "RINGBACK_PROFILE=throughput")
  elseif(variant STREQUAL "both")
    set(settings "LD_PRELOAD=${RB_PRELOAD_FIRST}$<TARGET_FILE:ringback-uv>:$<TARGET_FILE:ringback-event>${RB_PRELOAD_LAST}")
  elseif(variant STREQUAL "auto")
    list(APPEND settings RINGBACK_STREAMS=auto RINGBACK_PROFILE=throughput)
  elseif(variant STREQUAL "spin")
    list(APPEND settings RINGBACK_PROFILE=latency RINGBACK_SPIN_US=200)
  elseif(variant STREQUAL "zerocopy")
    list(APPEND settings RINGBACK_ZEROCOPY=force RINGBACK_ZEROCOPY_MIN=1024)
  elseif(variant STREQUAL "off")
    list(APPEND settings RINGBACK=off)
    set(expect epoll)
  elseif(variant MATCHES "^forbidden-(.*)$")
    string(TOUPPER ${CMAKE_MATCH_1} error)
    set(launcher $<TARGET_FILE:ct-forbid> ${error})
    set(expect epoll)
  elseif(variant MATCHES "^no-(.*)$")
    if(CMAKE_MATCH_1 IN_LIST RB_MASKS_ANY)
      set(expect any)
    endif()
    string(REPLACE "+" "," masked "${CMAKE_MATCH_1}")
    list(APPEND settings "RINGBACK_DISABLE=${masked}" RINGBACK_PROFILE=throughput)
  endif()
  set(variant_settings ${settings} PARENT_SCOPE)
  set(variant_launcher ${launcher} PARENT_SCOPE)
  set(variant_expect ${expect} PARENT_SCOPE)
endfunction()

# An executable of the tests; `linked` puts the adapter in front of the library and keeps it although nothing in the
# program names it.
function(rb_test_executable target linked libs)
  add_executable(${target} ${ARGN})
  set_target_properties(${target} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/compat-tests)
  target_link_libraries(${target} PRIVATE ringback-flags)
  if(linked)
    rb_adapter(adapter ${libs})
    target_link_libraries(${target} PRIVATE -Wl,--no-as-needed ${adapter})
  endif()
endfunction()

function(rb_test_properties name variant room seconds)
  math(EXPR limit "${seconds} * 6")
  set_tests_properties(${name} PROPERTIES LABELS "${variant};${room}" SKIP_RETURN_CODE 77 TIMEOUT ${limit})
endfunction()

function(rb_behaviour path)
  cmake_parse_arguments(arg "BUSY" "LIBS;EXPECT;SECONDS" "SKIP" ${ARGN})
  if(NOT arg_EXPECT)
    set(arg_EXPECT ring)
  endif()
  if(NOT arg_SECONDS)
    set(arg_SECONDS 10)
  endif()
  string(REPLACE "/" "." name ${path})
  get_filename_component(room ${path} DIRECTORY)
  set(library ct-harness)
  if(NOT arg_LIBS STREQUAL "none")
    set(library ct-${arg_LIBS})
  endif()
  rb_test_executable(${name} FALSE ${arg_LIBS} behaviour/${path}.c)
  target_link_libraries(${name} PRIVATE ${library})
  if("linked" IN_LIST RB_VARIANTS)
    rb_test_executable(${name}.linked TRUE ${arg_LIBS} behaviour/${path}.c)
    target_link_libraries(${name}.linked PRIVATE ${library})
  endif()
  foreach(variant ${RB_VARIANTS})
    if(variant IN_LIST arg_SKIP OR (variant STREQUAL "zerocopy" AND arg_LIBS STREQUAL "none"))
      continue()
    endif()
    rb_variant(${variant} ${arg_LIBS} ${arg_EXPECT})
    set(program ${name})
    if(variant STREQUAL "linked")
      set(program ${name}.linked)
    endif()
    # A launcher must not be preloaded itself: it hands the settings on.
    set(environment ${RB_TEST_ENVIRONMENT} "RB_EXPECT=${variant_expect}")
    if(variant_launcher)
      add_test(NAME ${name}.${variant} COMMAND ${variant_launcher} ${variant_settings} $<TARGET_FILE:${program}>)
    else()
      add_test(NAME ${name}.${variant} COMMAND ${program})
      list(APPEND environment ${variant_settings})
    endif()
    rb_test_properties(${name}.${variant} ${variant} ${room} ${arg_SECONDS})
    set_tests_properties(${name}.${variant} PROPERTIES ENVIRONMENT "${environment}")
    if(arg_BUSY)
      set_tests_properties(${name}.${variant} PROPERTIES PROCESSORS 2)
    endif()
  endforeach()
endfunction()

# rb_server_tests(<name> <room> LIBS uv|event SECONDS n DRIVER target SERVER program [LINKED program] [STREAMS]
#                 [MAY_LEAK] [ARGUMENTS ...])
#
# Runs, for each variant, `driver --expect carrier [--stat ringback] NAME=VALUE ... server arguments`; LINKED is the
# program for the linked variant, which is left out without it. Programs are targets or paths. STREAMS: with nothing
# masked, the bytes themselves have to go through the ring. MAY_LEAK: the program keeps memory to its end by habit.
function(rb_server_tests name room)
  cmake_parse_arguments(arg "STREAMS;MAY_LEAK" "LIBS;SECONDS;DRIVER;SERVER;LINKED" "ARGUMENTS" ${ARGN})
  set(stat "")
  if(TARGET ringback-cli)
    set(stat --stat $<TARGET_FILE:ringback-cli>)
  endif()
  set(environment ${RB_TEST_ENVIRONMENT})
  if(arg_MAY_LEAK)
    string(REPLACE "detect_leaks=1" "detect_leaks=0" environment "${environment}")
  endif()
  foreach(variant ${RB_VARIANTS})
    set(server ${arg_SERVER})
    if(variant STREQUAL "linked")
      set(server ${arg_LINKED})
    endif()
    if(NOT server)
      continue()
    endif()
    if(TARGET ${server})
      set(server $<TARGET_FILE:${server}>)
    endif()
    rb_variant(${variant} ${arg_LIBS} ring)
    if(arg_STREAMS AND variant MATCHES "^(preload|linked|both|auto|zerocopy)$")
      set(variant_expect streams)
    endif()
    if(variant_launcher)
      set(command ${variant_launcher} ${variant_settings} ${server})
    else()
      set(command ${variant_settings} ${server})
    endif()
    add_test(NAME ${name}.${variant}
             COMMAND ${arg_DRIVER} --expect ${variant_expect} ${stat} ${command} ${arg_ARGUMENTS})
    rb_test_properties(${name}.${variant} ${variant} ${room} ${arg_SECONDS})
    set_tests_properties(${name}.${variant} PROPERTIES ENVIRONMENT "${environment}")
  endforeach()
endfunction()
