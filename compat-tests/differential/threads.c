#include "threads.h"

#include <pthread.h>
#include <stddef.h>
#include <string.h>

#include "twin.h"

struct thread {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool is_there, is_busy, result;
    thread_work *work;
    void *argument;
};

static struct thread threads[THREADS] = {
    [0 ... THREADS - 1] = {.lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER},
};

static _Noreturn void *serve(void *argument) {
    struct thread *thread = argument;

    pthread_mutex_lock(&thread->lock);
    for (;;) {
        while (!thread->is_busy)
            pthread_cond_wait(&thread->changed, &thread->lock);
        pthread_mutex_unlock(&thread->lock);
        bool result = thread->work(thread->argument);
        pthread_mutex_lock(&thread->lock);
        thread->result = result;
        thread->is_busy = false;
        pthread_cond_broadcast(&thread->changed);
    }
}

void thread_start(unsigned number, thread_work *work, void *argument) {
    struct thread *thread = &threads[number];
    pthread_t id;

    pthread_mutex_lock(&thread->lock);
    thread->work = work;
    thread->argument = argument;
    thread->is_busy = true;
    if (!thread->is_there) {
        twin_must(-pthread_create(&id, NULL, serve, thread), "pthread_create");
        pthread_detach(id);
        thread->is_there = true;
    }
    pthread_cond_broadcast(&thread->changed);
    pthread_mutex_unlock(&thread->lock);
}

bool thread_finish(unsigned number) {
    struct thread *thread = &threads[number];

    pthread_mutex_lock(&thread->lock);
    while (thread->is_busy)
        pthread_cond_wait(&thread->changed, &thread->lock);
    pthread_mutex_unlock(&thread->lock);
    return thread->result;
}

bool thread_run(unsigned number, thread_work *work, void *argument) {
    if (number == THREAD_SELF)
        return work(argument);
    thread_start(number, work, argument);
    return thread_finish(number);
}

void threads_forked(void) {
    for (unsigned i = 0; i < THREADS; i++) {
        pthread_mutex_init(&threads[i].lock, NULL);
        pthread_cond_init(&threads[i].changed, NULL);
        threads[i].is_there = threads[i].is_busy = false;
    }
}
